"""Bans that came before their address was protected: who keeps his, and whose are lifted."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.ticket import BanTicket

from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from ideolab_f2b.actions.ban.action import Action
from ideolab_f2b.actions.protected.ssh.seen import Seen
from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS
from ideolab_f2b.actions.tickets import ban_manager
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
ALICE, BOB = Seen(ip_address("198.51.100.7"), 22, 1000, 0.0, True), "198.51.100.8"


class Scene:
    """A jail with bans, whose SSH sessions are those of the test."""

    def __init__(self, kernel: Sets, monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
        self.kernel = kernel
        self.jail: Any = Jail("jail", backend="polling")
        self.jail.actions.active = True
        monkeypatch.setattr(SESSIONS, "_seen", {})
        monkeypatch.setattr(SESSIONS, "look", lambda: 0.05)
        # the first answer of DNS lifts bans too, in a thread of its own
        monkeypatch.setattr(Action, "_note_names", lambda _action: None)
        self.action = Action(self.jail, "ideolab-ban", kill="no", state=str(state))
        self.jail.actions._actions["ideolab-ban"] = self.action
        self.action.start()

    def ban(self, text: str, **data: Any) -> None:
        ticket = BanTicket(IPAddr(text), time.time())
        ticket.setBanTime(600)
        for name, value in data.items():
            ticket.setData(name, value)
        assert ban_manager(self.jail.actions).addBanTicket(ticket)
        self.action.ban({"ip": IPAddr(text), "time": time.time(), "bantime": 600, "restored": 0})

    def log_in(self, *seen: Seen) -> None:
        """What a look does that proves them."""
        SESSIONS._seen.update({each.key: each for each in seen})
        for owner in list(SESSIONS._listeners):
            SESSIONS._listeners[owner]()

    def held(self) -> tuple[set[str], set[str]]:
        """In fail2ban's list, and in the kernel."""
        tickets = {str(ticket.getID()) for ticket in ban_manager(self.jail.actions)}
        found = [each.network for name in ("jail", "jail6") for each in self.kernel.elements(name)]
        elements = {str(each).removesuffix("/32") for each in found}
        return tickets, elements


@pytest.fixture
def scene(
    lone: Namespace, lone_kernel: Sets, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[Scene]:
    with lone.enter():
        made = Scene(lone_kernel, monkeypatch, tmp_path)
        yield made
        made.action.stop()


def test_a_ban_of_the_seconds_before_the_proof(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """Ticket and element go, of his address and of networks that hold it; others' stay; it is said once."""
    for text in (
        "198.51.100.7",
        "198.51.100.0/28",
        "198.51.100.8",
        "2001:db8:c:60::/64",
        "2001:db8:c:61::/64",
    ):
        scene.ban(text)
    with caplog.at_level(logging.WARNING):
        scene.log_in(ALICE, ALICE._replace(address=ip_address("2001:db8:c:60::22")))
        scene.log_in(ALICE)

    stays = {BOB, "2001:db8:c:61::/64"}
    assert scene.held() == (stays, stays)
    assert sorted(record.message for record in caplog.records if "Unban" in record.message) == [
        "[jail] Unban after a login over SSH: 198.51.100.0/28 holds 198.51.100.7, logged in over SSH",
        "[jail] Unban after a login over SSH: 198.51.100.7 is logged in over SSH",
        "[jail] Unban after a login over SSH: 2001:db8:c:60::/64 holds 2001:db8:c:60::22, logged in over SSH",
    ]


def test_bans_by_hand(scene: Scene) -> None:
    """One that was ordered through the helper goes as any; root's order stands until root's reload."""
    scene.ban("198.51.100.7", ttl="600", root=True)
    scene.ban("198.51.100.9", ttl="600")
    scene.log_in(ALICE, ALICE._replace(address=ip_address("198.51.100.9")))
    assert scene.held() == ({"198.51.100.7"}, {"198.51.100.7"})

    scene.action.reload()
    assert scene.held() == (set(), set())


def test_a_jail_that_trusts_other_ports(scene: Scene) -> None:
    """What protects nobody there lifts nothing."""
    scene.action.reload(ssh_ports="2222")
    scene.ban("198.51.100.7")
    scene.log_in(ALICE)

    assert scene.held() == ({"198.51.100.7"}, {"198.51.100.7"})


def test_a_jail_that_stops(scene: Scene) -> None:
    """Its elements stay over a restart, as all others."""
    scene.ban("198.51.100.7")
    scene.jail.actions.active = False
    scene.log_in(ALICE)
    assert scene.held()[1] == {"198.51.100.7"}

    scene.action.stop()
    wait_until(lambda: scene.action not in SESSIONS._listeners, "the end of the looks")


class BrokenDatabase:
    """fail2ban's, on a full disk."""

    def delBan(self, jail: Any, *identities: str) -> None:
        raise OperationalError("database or disk is full")


def test_a_database_that_fails(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It comes first in fail2ban's unban; all bans are lifted all the same."""
    monkeypatch.setattr(type(scene.jail), "database", BrokenDatabase())
    for text in ("198.51.100.7", "198.51.100.0/28", "198.51.100.8"):
        scene.ban(text)
    scene.log_in(ALICE)

    assert scene.held() == ({BOB}, {BOB})
    assert sorted(record.message for record in caplog.records if record.levelno == logging.ERROR) == [
        f"[jail] Unban {text}: fail2ban's database: OperationalError('database or disk is full')"
        for text in ("198.51.100.0/28", "198.51.100.7")
    ]


def test_a_ban_that_cannot_be_lifted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The others are."""
    lift = scene.jail.actions.removeBannedIP

    def fail(identity: str, **given: Any) -> Any:
        if identity == "198.51.100.0/28":
            raise RuntimeError("broken")
        return lift(identity, **given)

    monkeypatch.setattr(scene.jail.actions, "removeBannedIP", fail)
    for text in ("198.51.100.0/28", "198.51.100.7"):
        scene.ban(text, root=True)
    scene.log_in(ALICE)
    assert len(scene.held()[0]) == 2
    scene.action.reload()

    assert scene.held() == ({"198.51.100.0/28"}, {"198.51.100.0/28"})
    said = "[jail] Unban after reload: 198.51.100.0/28 stays banned: RuntimeError('broken')"
    assert said in caplog.messages


def test_a_reload_that_fails_in_part(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The set that is now configured has the bans, whatever else breaks."""

    def fail(_directory: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(SESSIONS, "keep_in", fail)
    scene.ban(BOB)
    scene.action.reload(set="other")

    assert [str(each.network) for each in scene.kernel.elements("other")] == [f"{BOB}/32"]
    assert json.loads(scene.action.stats)["last_error"] == "RuntimeError: broken"


def test_what_is_no_address(scene: Scene) -> None:
    """Another filter's ban by a name is not looked at."""
    junk = BanTicket(IPAddr("no address"), time.time())
    junk.setBanTime(600)
    assert ban_manager(scene.jail.actions).addBanTicket(junk)
    scene.ban("198.51.100.7")
    scene.log_in(ALICE)

    assert scene.held() == ({"no address"}, set())
