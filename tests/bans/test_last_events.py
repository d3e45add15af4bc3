"""The log of events from its end: the newest ban counts, and no line of a stranger breaks it."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Optional

import pytest

from ideolab_f2b.bans import last_events
from ideolab_f2b.event import Event

AT = datetime(2026, 11, 22, 14, 52, tzinfo=timezone.utc)


def line(kind: str, ip: Optional[str], reason: Optional[str] = None, subnet: Optional[str] = None) -> str:
    return Event(AT, kind, ip=ip, subnet=subnet, jail="ideolab-manual", reason=reason).to_json() + "\n"


def test_the_newest_ban_of_an_address(tmp_path: Path) -> None:
    """Other events of it, and other jails, are passed over."""
    path = tmp_path / "events.jsonl"
    path.write_text(
        line("ban", "198.51.100.7", "old")
        + line("ban", "198.51.100.7", "new")
        + line("unban", "198.51.100.7")
        + line("ban", None, "wide", "198.51.100.0/24")
        + line("suspect", "198.51.100.7", "2 mute")
    )

    found = last_events.find_bans(
        path,
        [("198.51.100.7", "ideolab-manual"), ("198.51.100.0/24", "ideolab-manual"), ("198.51.100.7", "sshd")],
    )

    assert {key: one.reason for key, one in found.items()} == {
        ("198.51.100.7", "ideolab-manual"): "new",
        ("198.51.100.0/24", "ideolab-manual"): "wide",
    }


def test_many_addresses(tmp_path: Path) -> None:
    """Each is found, and the log is read once."""
    path = tmp_path / "events.jsonl"
    wanted = [(f"198.51.100.{number}", "ideolab-manual") for number in range(100)]
    path.write_text("".join(line("ban", address, "why") for address, _jail in wanted))

    assert set(last_events.find_bans(path, wanted)) == set(wanted)


def test_a_restored_ban_has_the_reason_of_the_first(tmp_path: Path) -> None:
    """fail2ban's restart has forgotten the lines; what is in no log any more has none."""
    path = tmp_path / "events.jsonl"
    path.with_name("events.jsonl.1").write_text(line("ban", "198.51.100.7", "why"))
    path.write_text(line("restored", "198.51.100.7") + line("restored", "198.51.100.8"))

    found = last_events.find_bans(
        path, [("198.51.100.7", "ideolab-manual"), ("198.51.100.8", "ideolab-manual")]
    )

    assert [(one.type, one.reason) for one in found.values()] == [("restored", None), ("ban", "why")]


def test_the_ban_of_an_as(tmp_path: Path) -> None:
    """By its number; an address of the same AS is another ban."""
    event = {
        "ts": "2026-11-22T14:52:01+00:00",
        "type": "ban",
        "asn": "64500",
        "jail": "ideolab-asn",
        "reason": "x",
    }
    log = tmp_path / "events"
    log.write_text("".join(f"{json.dumps({**event, **more})}\n" for more in ({}, {"ip": "198.51.100.7"})))

    found = last_events.find_bans(log, [("AS64500", "ideolab-asn")])
    assert [(key, one.ip) for key, one in found.items()] == [(("AS64500", "ideolab-asn"), None)]


def test_the_last_new_ban(tmp_path: Path) -> None:
    """The word in a text of somebody's is no event."""
    path = tmp_path / "events.jsonl"
    assert last_events.find_last_ban(path) is None
    path.write_text(
        line("ban", "198.51.100.7")
        + line("suspect", "198.51.100.8", '"type":"ban"')
        + line("restored", "198.51.100.9")
        + '{"type":"ban","cut'
    )

    last = last_events.find_last_ban(path)
    assert last is not None and last.ip == "198.51.100.7"


@pytest.mark.parametrize(
    "hostile",
    [
        '{"type":"ban","ts":null,"ip":"198.51.100.7","jail":"ideolab-manual"}',
        '{"type":"ban","ts":"2026-11-22T14:52:00+00:00","ip":{"198.51.100.7":1},"jail":"ideolab-manual"}',
        '{"type":"ban","ts":"2026-11-22T14:52:00+00:00","ip":"198.51.100.7","jail":["ideolab-manual"]}',
        '{"type":"ban","ts":"2026-11-22T14:52:00+00:00","ip":"198.51.100.7","jail":"ideolab-manual","raw":[1]}',
        '{"type":"ban","ts":"2026-11-22T14:52:00+00:00","ip":"198.51.100.7","reason":7}',
        '{"type":"ban","x":' + "[" * 100_000,
        '"ban" "198.51.100.7"',
    ],
)
def test_a_line_of_another_program(tmp_path: Path, hostile: str) -> None:
    """The log belongs to the user of connmon, and root reads it: it is passed over."""
    path = tmp_path / "events.jsonl"
    path.write_text(line("ban", "198.51.100.7", "ours") + hostile + "\n")

    last = last_events.find_last_ban(path)
    found = last_events.find_bans(path, [("198.51.100.7", "ideolab-manual")])
    assert last is not None and last.reason == "ours"
    assert [one.reason for one in found.values()] == ["ours"]


@pytest.mark.parametrize("block", [1, 7, 100, 1 << 18])
def test_lines_over_the_edges_of_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    """Each line comes whole and once, the newest first."""
    monkeypatch.setattr(last_events, "_BLOCK_BYTES", block)
    path = tmp_path / "log"
    path.write_bytes(b"first\nsecond line\n\nlast")

    assert [each for each in last_events._lines(path) if each] == [b"last", b"second line", b"first"]


def test_the_search_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log of any size is read from its end, as far as is worth the wait."""
    monkeypatch.setattr(last_events, "SEARCHED_BYTES", 1000)
    path = tmp_path / "events.jsonl"
    path.write_text(line("ban", "198.51.100.7") + "x" * 2000 + "\n")

    assert last_events.find_last_ban(path) is None


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """The directory is another user's, and this runs as root."""
    path = tmp_path / "events.jsonl"
    path.symlink_to(tmp_path / "other")

    with pytest.raises(OSError):
        last_events.find_last_ban(path)
