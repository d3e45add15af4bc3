"""Lifting all: the pack's jails and the kernel's orphans, and nothing of the others."""

from __future__ import annotations

import json
from ipaddress import ip_network

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import unban_all
from ideolab_f2b.bans.unban_all import LiftedBans
from tests.bans.test_unban import Element, Sets

ONE = ip_network("198.51.100.7")
OTHER = ip_network("2001:db8::/64")


class Server:
    """fail2ban with two jails of ours, one with our action, and sshd; an unban empties the kernel set."""

    def __init__(self, sets: Sets, broken: str = "") -> None:
        self.bans = {
            "ideolab-manual": ["198.51.100.7"], "ideolab-connmon": [], "web": ["2001:db8::/64"],
            "sshd": ["::2"],
        }  # fmt: skip
        self.sets, self.broken = sets, broken
        self.asked: list[tuple[str, ...]] = []

    def actions(self, jail: str, _options: tuple[str, ...]) -> set[str]:
        return {"ideolab-ban.py-tcp"} if jail == "web" else {"iptables", "ideolab-banner"}

    def ask(self, *words: str, options: tuple[str, ...] = ()) -> str:
        self.asked.append((*words, *options))
        if words[1] == self.broken:
            raise fail2ban_client.ClientError(f"Sorry but the jail '{words[1]}' does not exist")
        self.sets.elements = [each for each in self.sets.elements if str(each.network)[:4] != words[3][:4]]
        return "1\n"


def place(monkeypatch: pytest.MonkeyPatch, sets: Sets, broken: str = "") -> Server:
    server = Server(sets, broken)
    monkeypatch.setattr(fail2ban_client, "jails", lambda _options: set(server.bans))
    monkeypatch.setattr(fail2ban_client, "actions", server.actions)
    monkeypatch.setattr(fail2ban_client, "bans", lambda jail, _options: server.bans[jail])
    monkeypatch.setattr(fail2ban_client, "ask", server.ask)
    monkeypatch.setattr(unban_all, "AllSets", lambda: sets)
    return server


def test_the_jails_of_the_pack_and_what_only_the_kernel_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A jail with our action is ours, whatever its name; sshd keeps its bans."""
    sets = Sets(
        Element("ideolab_manual", ONE), Element("web6", OTHER), Element("old", ip_network("203.0.113.9"))
    )
    server = place(monkeypatch, sets)

    bans = unban_all.find(("-s", "/s"))
    lifted = unban_all.unban_all(bans, ("-s", "/s"))

    assert list(bans) == ["ideolab-connmon", "ideolab-manual", "web"]
    assert lifted == [
        LiftedBans("ideolab-manual", None, 1),
        LiftedBans("web", None, 1),
        LiftedBans(None, "old", 1),
    ]
    assert server.asked == [
        ("set", "ideolab-manual", "unbanip", "198.51.100.7", "-s", "/s"),
        ("set", "web", "unbanip", "2001:db8::/64", "-s", "/s"),
    ]
    assert sets.elements == []


def test_a_jail_that_fails_keeps_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its error is told, and its elements stay: fail2ban still holds the bans."""
    sets = Sets(Element("ideolab_manual", ONE), Element("web6", OTHER))
    place(monkeypatch, sets, broken="ideolab-manual")

    lifted = unban_all.unban_all(unban_all.find())

    assert [(one.jail, one.unbanned, bool(one.error)) for one in lifted] == [
        ("ideolab-manual", 0, True),
        ("web", 1, False),
    ]
    assert sets.elements == [Element("ideolab_manual", ONE)]


def test_what_is_told() -> None:
    """A line for people, an object for programs."""
    assert list(
        map(str, (LiftedBans("a", None, 2), LiftedBans(None, "s", 1), LiftedBans("b", None, 0, "no")))
    ) == [
        "unbanned   2 in a",
        "unbanned   1 in kernel set s, which fail2ban knows nothing of",
        "error      b: no",
    ]
    told = json.loads(LiftedBans("a", None, 2).to_json())
    assert (list(told), told["unbanned"]) == (["version", "t", "jail", "set", "unbanned"], 2)
    assert json.loads(LiftedBans("b", None, 0, "no").to_json())["error"] == "no"
