"""The events of the played attack are events of the pack, in the order of their time."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from random import Random

import pytest

from ideolab_accesslog.demo import attack
from ideolab_f2b import event
from tests.accesslog.demo.test_places import is_nobodys

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("count", [100, 3000, 20_000])
def test_as_many_as_were_asked_for(count: int) -> None:
    """Each is a line that the pack itself reads; none lies in the future, and no id comes twice."""
    lines = attack.make_lines(count, NOW, Random(1))
    events = [event.from_json(json.dumps(line)) for line in lines]

    assert len(lines) == count
    assert [one.ts for one in events] == sorted(one.ts for one in events)
    assert events[-1].ts <= NOW < events[0].ts + timedelta(days=11)
    assert [one.id for one in events] == [f"demo-{number:06}" for number in range(count)]
    assert all(is_nobodys(one.subnet) for one in events if one.subnet)


def test_the_same_seed_is_the_same_attack() -> None:
    """Another seed is another one."""
    first = attack.make_lines(500, NOW, Random(7))

    assert attack.make_lines(500, NOW, Random(7)) == first
    assert attack.make_lines(500, NOW, Random(8)) != first


def test_everything_that_the_page_can_show_happens() -> None:
    """All types, jails, a whole network, an AS, a ban for ever, IPv6, and a wave in the last hour."""
    lines = attack.make_lines(3000, NOW, Random(1))
    late = [line for line in lines if line["ts"] > (NOW - timedelta(hours=1)).isoformat()]

    assert {line["type"] for line in lines} == {"suspect", "ban", "unban", "restored"}
    assert {line["jail"] for line in lines if line["type"] == "ban"} == {
        *("ideolab-connmon", "ideolab-connmon-net", "nginx-ideolab-slowtls", "nginx-ideolab-probe"),
        *("ideolab-traship", "ideolab-manual", "ideolab-asn"),
    }
    assert [line["asn"] for line in lines if line["subnet"] is None] == ["64511"]
    assert [line["subnet"] for line in lines if line["jail"] == "ideolab-connmon-net"] == ["198.51.100.0/24"]
    assert [line["ip"] for line in lines if line["bantime"] == -1] == ["198.18.64.7"]
    assert len({line["country"] for line in lines if line["country"]}) == 8
    assert len(late) > len(lines) * 0.4


def test_the_attack_goes_on() -> None:
    """Some lines more, numbered on, none in the future."""
    lines = attack.make_next_lines(3000, NOW, attack.Attackers(Random(1)))

    assert [line["id"] for line in lines] == [
        f"demo-{number:06}" for number in range(3000, 3000 + len(lines))
    ]
    assert lines
    assert all(NOW - timedelta(seconds=2) < datetime.fromisoformat(line["ts"]) <= NOW for line in lines)
