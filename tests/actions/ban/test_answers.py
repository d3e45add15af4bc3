"""What the ban action answers, as its readers take it: `bans`, `check` and the helper parse each line."""

from __future__ import annotations

import json
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest

from ideolab_f2b import __version__
from ideolab_f2b.actions import options
from ideolab_f2b.actions.ban import answers
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS
from ideolab_f2b.bans import jail_bans
from ideolab_f2b.kernel.ipset.element import key_of


def read(**given: str) -> options.Options:
    return options.parse("postfix", given)[0]


def part(**values: Any) -> Any:
    """A part of an action, of which an answer asks some values."""
    return SimpleNamespace(**values)


def test_bans() -> None:
    """The verb `bans` reads them."""
    held = part(rows=lambda: [["198.51.100.7", 1000.0, 600]], is_queued=False, by_as=dict)
    text = answers.bans(read(scope="port", port="25,465"), held, "nft")

    found = jail_bans.parse("postfix", text)
    assert (found.set, found.queued, found.ports) == ("postfix", False, "25,465/tcp")
    assert found.bans == {key_of(ip_network("198.51.100.7/32")): jail_bans.Ban(1000.0, 600.0)}
    assert json.loads(answers.bans(read(), held, "ipset"))["ports"] is None


def test_stats() -> None:
    """Each part has a key of its own."""
    counts = BanCounts()
    counts.add("bans", 2)
    told = json.loads(
        answers.stats(
            counts,
            read(maxelem="64"),
            part(repaired=1, rules={4: "in place"}, backend=part(name="nft")),
            part(stats=lambda: {"lifted": 3}),
            part(stats=lambda: {"waiting": 0}),
            {"passes": 4},
            {"share": 0.25},
        )
    )

    assert told == {
        **counts.counts(), "last_error": "", "set": "postfix", "maxelem": 64, "repaired": 1,
        "rules": {"inet": "in place"}, "hook": "prerouting", "backend": "nft", "lifted": {"lifted": 3},
        "closer": {"waiting": 0},
        "keeper": {"passes": 4}, "aggregate": {"share": 0.25}, "version": __version__,
    }  # fmt: skip


def test_protection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded: what does not fit is counted."""
    monkeypatch.setattr(SESSIONS, "trouble", "it hides")
    listed = [part(text=f"10.0.{one >> 8}.{one & 255}", what="listed") for one in range(502)]
    spared = part(
        list_networks=lambda: listed, troubles=lambda: ["bad line"] * 30, unknown=lambda: ["no answer"]
    )

    told = json.loads(answers.protection(read(), spared))
    assert (len(told["listed"]), told["left_out"]) == (500, 2)
    assert told["listed"][0] == ["10.0.0.0", "listed"]
    assert (told["ssh_trouble"], len(told["troubles"]), told["unknown"]) == ("it hides", 20, ["no answer"])
    off = json.loads(answers.protection(read(ssh_ports="none"), spared))
    assert off["ssh_trouble"] == "ssh_ports = none: SSH sessions protect nobody"
