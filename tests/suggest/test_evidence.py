"""Who is banned now and who was: where it comes from, and what is not known."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b.bans.jail_bans import Ban, JailBans, key_of_text
from ideolab_f2b.event import Event
from ideolab_f2b.fail2ban_client import ClientError
from ideolab_f2b.suggest import evidence


def held(*words: str) -> JailBans:
    keys = [key_of_text(word) for word in words]
    return JailBans("ideolab-connmon", "ideolab_connmon", False, {key: Ban(0, 600) for key in keys if key})


def test_both_sources(tmp_path: Path) -> None:
    """An address of both is one; a network is no address, and is banned only while it is held."""
    path = tmp_path / "events.jsonl"
    now = datetime.now(timezone.utc)
    events = [
        Event(now, "ban", ip="198.51.100.7"),
        Event(now, "ban", ip="198.51.100.8"),
        Event(now, "ban", subnet="192.0.2.0/24"),
    ]
    path.write_text("".join(f"{each.to_json()}\n" for each in events))
    jails = [held("198.51.100.7", "203.0.113.0/24"), held("2001:db8::/64", "2001:db8::7")]
    found = evidence.gather(path, 7, ask=lambda: jails)

    assert {version: len(units) for version, units in found.units.items()} == {4: 2, 6: 1}
    assert found.networks == {key_of_text("203.0.113.0/24")}
    assert (found.held, found.events, found.files, found.unread, found.trouble) == (4, 3, [path], [], None)


def test_a_banned_as(tmp_path: Path) -> None:
    """It is no address either, and is not proposed again."""
    event = Event(datetime.now(timezone.utc), "ban", ip="AS64501")
    (tmp_path / "events.jsonl").write_text(f"{event.to_json()}\n")
    found = evidence.gather(tmp_path / "events.jsonl", 7, ask=lambda: [held("AS64500")])

    assert (found.numbers, found.networks, found.units) == ({64500}, set(), {4: set(), 6: set()})


def test_fail2ban_is_down(tmp_path: Path) -> None:
    """The log is read all the same, and the trouble is told."""

    def ask() -> Any:
        raise ClientError("no server")

    found = evidence.gather(tmp_path / "events.jsonl", 7, ask=ask)
    assert (found.trouble, found.held) == ("no server", 0)


def test_rows_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fail2ban's list has no end."""
    monkeypatch.setattr(evidence, "HELD", 2)
    found = evidence.BanEvidence()
    found.add_jails([held("198.51.100.1", "198.51.100.2", "198.51.100.3")])

    assert found.held == 2
    assert found.unread == ["fail2ban holds more than 2 bans: the others were not taken"]
