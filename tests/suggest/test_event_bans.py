"""The bans of the last days by the log of events."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest

from ideolab_f2b.bans.jail_bans import key_of_text
from ideolab_f2b.event import Event
from ideolab_f2b.suggest import event_bans

NOW = datetime.now(timezone.utc)


def line(kind: str, ip: str | None, subnet: str | None = None, when: datetime = NOW) -> str:
    return Event(when, kind, ip=ip, subnet=subnet, jail="ideolab-connmon").to_json() + "\n"


def test_who_was_banned(tmp_path: Path) -> None:
    """Bans and restored ones, each once; not who was a suspect, unbanned, or banned before."""
    path = tmp_path / "events.jsonl"
    path.write_text(
        line("ban", "198.51.100.7", "198.51.100.0/24")
        + line("restored", "198.51.100.7")
        + line("ban", None, "203.0.113.0/24")
        + line("suspect", "198.51.100.8")
        + line("unban", "198.51.100.9")
        + line("ban", "198.51.100.10", when=datetime(2020, 1, 1, tzinfo=timezone.utc))
        + line("ban", "2001:db8::/64")
    )

    found = event_bans.read(path, NOW.timestamp() - 60)
    assert found.keys == {
        key_of_text("198.51.100.7"),
        key_of_text("203.0.113.0/24"),
        key_of_text("2001:db8::/64"),
    }
    assert (found.events, found.files, found.unread) == (4, [path], [])


@pytest.mark.parametrize(
    "hostile",
    [
        '{"type":"ban","ts":null,"ip":"198.51.100.7"}',
        '{"type":"ban","ts":"2999-11-22T14:52:00+00:00","ip":{"198.51.100.7":1}}',
        '{"type":"ban","ts":"2999-11-22T14:52:00+00:00","ip":"AS64500;x"}',
        '{"type":"ban","ts":"2999-11-22T14:52:00","ip":"198.51.100.7"}',
        '{"type":"ban","x":' + "[" * 100_000,
        '"type":"ban"',
        '{"type":"suspect","reason":"\\"type\\":\\"ban\\"","ts":"2999-11-22T14:52:00+00:00","ip":"198.51.100.7"}',
    ],
)
def test_a_line_of_another_program(tmp_path: Path, hostile: str) -> None:
    """It is passed over."""
    path = tmp_path / "events.jsonl"
    path.write_text(hostile + "\n" + line("ban", "198.51.100.1"))

    assert event_bans.read(path, 0).keys == {key_of_text("198.51.100.1")}


def test_rows_are_bounded(tmp_path: Path) -> None:
    """And what was not read is said."""
    path = tmp_path / "events.jsonl"
    path.write_text("".join(line("ban", f"198.51.100.{last}") for last in range(10)))

    found = event_bans.read(path, 0, most_rows=4)
    assert (len(found.keys), found.unread) == (
        4,
        ["more than 4 bans are in the log: the others were not read"],
    )


def test_no_log(tmp_path: Path) -> None:
    """That nobody was banned is not known then."""
    path = tmp_path / "events.jsonl"

    assert event_bans.read(path, 0).unread == [f"{path}: there is none of these days"]
