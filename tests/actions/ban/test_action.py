"""The Action class by itself: what fail2ban calls, in the order in which it calls it."""

from __future__ import annotations

import contextlib
import importlib
import json
import threading
import time
from collections.abc import Iterator
from ipaddress import ip_network
from types import SimpleNamespace
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.ticket import BanTicket

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.ban.action import Action
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected.ssh.sessions import SESSIONS
from ideolab_f2b.actions.tickets import ban_manager
from ideolab_f2b.firewall.backend import BACKENDS
from ideolab_f2b.kernel.ipset.error import SetFullError
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root


def info(address: str, bantime: int = 600, restored: int = 0) -> dict[str, Any]:
    return {"ip": IPAddr(address), "time": time.time(), "bantime": bantime, "restored": restored}


def stats(action: Action) -> dict[str, Any]:
    return dict(json.loads(action.stats))


@pytest.fixture
def jail() -> Any:
    made: Any = Jail("jail", backend="polling")
    made.actions.active = True
    return made


@pytest.fixture
def action(lone: Namespace, jail: Any) -> Iterator[Action]:
    made = Action(jail, "ideolab-ban", kill="no")
    with lone.enter():
        yield made
        made.stop()


def elements(kernel: Sets, name: str = "jail") -> dict[str, int | None]:
    return {str(found.network): found.timeout_s for found in kernel.elements(name)}


def test_what_fail2ban_looks_for(action: Action) -> None:
    """Without each of these an action is dropped at a reload, never prolonged, or flushed one by one."""
    for name in ("start", "stop", "ban", "reban", "unban", "prolong", "flush", "consistencyCheck", "reload",
                 "clearAllParams"):  # fmt: skip
        assert callable(getattr(action, name))
    assert action._prolongable is True
    assert action.banEpoch == 0
    action.clearAllParams()


def test_life_of_a_ban(action: Action, lone_kernel: Sets) -> None:
    """Ban, reban, prolong, unban: one element, its time, and the counts."""
    action.start()
    action.ban(info("198.51.100.7", 100))
    action.reban(info("198.51.100.7", 200))
    assert 195 <= (elements(lone_kernel)["198.51.100.7/32"] or 0) <= 200
    action.prolong(info("198.51.100.7", -1))
    assert elements(lone_kernel) == {"198.51.100.7/32": None}
    action.ban(info("198.51.100.8", restored=1))
    action.unban(info("198.51.100.7"))
    action.unban(info("198.51.100.7"))

    assert elements(lone_kernel).keys() == {"198.51.100.8/32"}
    told = stats(action)
    assert (told["bans"], told["restored"], told["prolonged"], told["unbans"]) == (2, 1, 1, 2)
    assert told["errors"] == 0


def test_flush(action: Action, jail: Any, lone_kernel: Sets) -> None:
    """While the jail runs a flush is real; when it stops the elements stay, and fail2ban asks no more."""
    action.start()
    action.ban(info("198.51.100.7"))
    jail.actions.active = False
    assert action.flush() is True
    assert len(elements(lone_kernel)) == 1

    jail.actions.active = True
    assert action.flush() is True
    assert elements(lone_kernel) == {}


def test_two_threads_ban_at_once(action: Action, lone: Namespace, lone_kernel: Sets) -> None:
    """The jail's thread and the socket's are in ban() together: nothing is lost, nobody waits for ever."""
    action.start()
    problems: list[BaseException] = []

    def ban(octet: int) -> None:
        try:
            with lone.enter():
                for host in range(200):
                    action.ban(info(f"10.0.{octet}.{host}"))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=ban, args=(octet,)) for octet in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert problems == []
    assert len(elements(lone_kernel)) == 600
    assert stats(action)["bans"] == 600


def test_exits_become_errors(action: Action, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SystemExit would end the jail's thread without a word; fail2ban logs a RuntimeError and goes on."""

    def leave(*_all: object) -> None:
        raise SystemExit(3)

    firewall = SimpleNamespace(
        add=leave, delete=leave, flush=leave, place=leave, networks=leave, close=leave, is_consistent=leave,
        use=leave, require_rule=leave, repaired=0, rules={}, options=Options(), backend=BACKENDS["ipset"],
    )  # fmt: skip
    for holder in (action, action._elements):
        monkeypatch.setattr(holder, "_firewall", firewall)

    given = info("198.51.100.7")
    for call in (
        lambda: action.ban(given), lambda: action.unban(given), lambda: action.prolong(given),
        action.flush, action.start, action.stop,
    ):  # fmt: skip
        with pytest.raises(RuntimeError, match=r"SystemExit\(3\)"):
            call()
    # fail2ban calls these outside of its own try: they tell, and do not raise
    assert action.consistencyCheck() is False
    action.reload(set="other")
    assert stats(action)["errors"] == 8
    assert stats(action)["last_error"] == "SystemExit: 3"
    monkeypatch.undo()


def test_full_set(action: Action) -> None:
    """The error reaches fail2ban, and is counted apart."""
    action.reload(kill="no", maxelem="64")
    action.start()
    for host in range(64):
        action.ban(info(f"198.51.100.{host}"))

    with pytest.raises(SetFullError, match="raise maxelem of the set"):
        action.ban(info("198.51.100.200"))

    assert (stats(action)["full"], stats(action)["bans"]) == (1, 64)


def test_a_full_set_leaves_no_ticket(action: Action, jail: Any, lone_kernel: Sets) -> None:
    """fail2ban lists what the kernel holds; a restored ban and one that was listed before stay."""
    action.reload(kill="no", maxelem="64")
    action.start()
    for number in range(70):
        ticket = BanTicket(IPAddr(f"2001:db8:7:{number}::/64"), time.time())
        ticket.restored = number == 69
        assert ban_manager(jail.actions).addBanTicket(ticket, reason={})
        with contextlib.suppress(SetFullError):
            action.ban(jail.actions._getActionInfo(ticket))

    listed = {str(ticket.getID()) for ticket in ban_manager(jail.actions)}
    assert listed == elements(lone_kernel, "jail6").keys() | {"2001:db8:7:69::/64"}
    assert stats(action)["full"] == 6


def test_consistency_check(action: Action, jail: Any, lone_kernel: Sets) -> None:
    """What fail2ban holds and the kernel lost is put back, unless the caller does not want a repair."""
    action.start()
    ticket = BanTicket(IPAddr("198.51.100.7"), time.time())
    ticket.setBanTime(600)
    junk = BanTicket(IPAddr("no address"), time.time())
    junk.setBanTime(600)
    old = BanTicket(IPAddr("198.51.100.9"), time.time() - 700)
    old.setBanTime(699)
    for each in (ticket, junk):
        assert ban_manager(jail.actions).addBanTicket(each)
    ban_manager(jail.actions)._BanManager__banList[old.getID()] = old

    assert action.consistencyCheck(lambda: False) is False
    assert elements(lone_kernel) == {}
    action._firewall._compared = float("-inf")
    assert action.consistencyCheck() is True
    assert elements(lone_kernel).keys() == {"198.51.100.7/32"}
    assert action.consistencyCheck() is True


def test_start_releases_who_must_not_be_banned(action: Action, jail: Any, lone_kernel: Sets) -> None:
    """Elements kept over a restart are let go when ignoreip names them now."""
    lone_kernel.create("jail", "inet", 131072)
    for text in ("198.51.100.7", "198.51.100.0/24", "203.0.113.7"):
        lone_kernel.add("jail", ip_network(text), 0)
    jail.filter.addIgnoreIP("198.51.100.7")

    action.start()

    assert elements(lone_kernel) == {"203.0.113.7/32": None}


def test_fail2ban_that_we_do_not_know(lone: Namespace) -> None:
    """A jail that cannot be hooked: the constructor tells and does not raise, each ban and the stop fail."""

    class Sealed:
        __slots__ = ("name",)

        def putFailTicket(self, ticket: object) -> None: ...

    jail = Sealed()
    jail.name = "sealed"  # type: ignore[attr-defined]
    made = Action(jail, "ideolab-ban", ssh_ports="none")

    assert stats(made)["errors"] == 1
    with pytest.raises(AttributeError):
        made.ban(info("198.51.100.7"))


def test_latency(lone: Namespace, jail: Any) -> None:
    """The option makes this jail's loops faster; a reload or the end puts them back."""
    made = Action(jail, "ideolab-ban", latency="low")
    assert (jail.filter.sleeptime, jail.actions.sleeptime) == (0.05, 0.05)
    made.reload(latency="default")
    assert (jail.filter.sleeptime, jail.actions.sleeptime) == (2, 2)
    made.reload(latency="low")
    made.stop()

    assert (jail.filter.sleeptime, jail.actions.sleeptime) == (2, 2)


def test_longer_ban_reaches_the_kernel(action: Action, jail: Any, lone_kernel: Sets) -> None:
    """fail2ban prolongs a ticket in its own list: the element follows."""
    action.start()
    for seconds in (100, 900):
        ticket = BanTicket(IPAddr("198.51.100.7"), time.time())
        ticket.setBanTime(seconds)
        ban_manager(jail.actions).addBanTicket(ticket, reason={})
        if seconds == 100:
            action.ban(info("198.51.100.7", 100))

    assert 890 <= (elements(lone_kernel)["198.51.100.7/32"] or 0) <= 900
    assert stats(action)["prolonged"] == 1


def test_a_shim_of_an_older_release_finds_the_action() -> None:
    """The installer replaces the shim in action.d, pip the package: one may come before the other."""
    package = importlib.import_module("ideolab_f2b.actions.ban")

    assert package.Action is Action
    with pytest.raises(AttributeError, match="has no attribute 'Other'"):
        package.Other  # noqa: B018


def test_who_is_protected(action: Action, jail: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `check` asks for: bounded, with what is left out, and what is not known of SSH."""
    jail.filter.addIgnoreIP("203.0.113.9")
    monkeypatch.setattr(SESSIONS, "trouble", "it hides")
    told = json.loads(action.protected)
    assert ["203.0.113.9", "listed in ignoreip"] in told["listed"]
    assert ["192.0.2.1", "an own address of this host"] in told["listed"]
    assert told["left_out"] == 0
    assert told["ssh_trouble"] == "it hides"

    monkeypatch.setattr("ideolab_f2b.actions.ban.answers._LISTED_LIMIT", 1)
    action.reload(ssh_ports="none")
    short = json.loads(action.protected)
    assert (len(short["listed"]), short["left_out"]) == (1, len(told["listed"]) - 1)
    assert short["ssh_trouble"] == "ssh_ports = none: SSH sessions protect nobody"
