"""Host names of the lists: their addresses come from DNS, which may be slow, silent or hostile."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address

import pytest

from ideolab_f2b.actions.protected import names
from ideolab_f2b.actions.protected.names import JailNames, Names
from ideolab_f2b.kernel.address import Address

OFFICE = "office.example.net"


class Dns:
    """What is answered, the clock, the list, and what was said."""

    def __init__(self) -> None:
        self.now = 0.0
        self.answers: dict[str, list[str]] = {OFFICE: ["198.51.100.7"]}
        self.listed = [OFFICE]
        self.said: list[str] = []
        self.changes = 0
        self.asked: list[str] = []
        self.silence = threading.Event()
        self.names = Names(self.resolve, lambda: self.now, self.said.append)
        self.names._owners["jail"] = JailNames(lambda: self.listed, self.note)

    def note(self) -> None:
        self.changes += 1

    def resolve(self, name: str) -> Iterable[Address]:
        self.asked.append(name)
        if name.startswith("silent"):
            assert self.silence.wait(60)
        if name not in self.answers:
            raise OSError("Name or service not known")
        return [ip_address(text) for text in self.answers[name]]

    def look(self) -> None:
        """One look, and wait for the answers that come."""
        self.names.look()
        for thread in threading.enumerate():
            if thread.name == "ideolab-names-ask" and not any(n.startswith("silent") for n in self.listed):
                thread.join(60)

    def texts(self, *wanted: str) -> list[str]:
        return [item.text for item in self.names.listings(wanted or (OFFICE,), "listed in ignoreip")]


@pytest.fixture
def dns() -> Iterable[Dns]:
    """A host whose list has one name."""
    made = Dns()
    yield made
    made.silence.set()


def wait_for(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_answer_protects(dns: Dns) -> None:
    """Its addresses, IPv4 in the notation of IPv6 as IPv4; the sentence names the name and the list."""
    dns.answers[OFFICE] = ["2001:db8::7", "::ffff:198.51.100.8", "198.51.100.7"]

    dns.look()

    assert dns.texts() == ["198.51.100.7", "198.51.100.8", "2001:db8::7"]
    (first, *_rest) = dns.names.listings([OFFICE], "listed in ignoreip")
    assert first.what == "office.example.net, listed in ignoreip"
    assert (dns.names.troubles([OFFICE]), dns.said) == ([], [])


def test_a_name_that_moves(dns: Dns) -> None:
    """Dynamic DNS: the new address counts a minute later, the old one no more, and the jails hear of it."""
    dns.look()
    dns.names.look()
    assert dns.changes == 1
    dns.answers[OFFICE] = ["198.51.100.9"]

    dns.now += names.REFRESH_S
    dns.look()
    dns.names.look()

    assert dns.texts() == ["198.51.100.9"]
    assert dns.changes == 2


def test_a_name_without_an_answer(dns: Dns) -> None:
    """It protects nobody, and that is said once; it is asked again soon."""
    dns.answers.clear()
    for _look in range(5):
        dns.look()
        dns.now += names.RETRY_S
    dns.names.look()

    assert dns.texts() == []
    text = 'office.example.net protects nobody yet: "Name or service not known"'
    assert dns.names.troubles([OFFICE]) == [text]
    assert dns.said == [text]
    assert len(dns.asked) >= 5


def test_the_last_answer_is_kept(dns: Dns) -> None:
    """For a day without DNS, and said."""
    dns.look()
    dns.answers.clear()
    dns.now += names.REFRESH_S
    dns.look()

    assert dns.texts() == ["198.51.100.7"]
    assert dns.names.troubles([OFFICE]) == [
        'office.example.net has no new answer: "Name or service not known"; its last addresses still count'
    ]
    dns.now = names.KEPT_S
    assert dns.texts() == []
    assert dns.names.troubles([OFFICE])[0].endswith("it protects nobody any more")


def test_ten_thousand_addresses(dns: Dns) -> None:
    """Who serves the DNS of a name protects a few addresses, always the same ones, and it is said."""
    dns.answers[OFFICE] = [f"198.18.{number >> 8}.{number & 255}" for number in range(10_000)]

    dns.look()

    assert dns.texts() == [f"198.18.0.{number}" for number in range(names.ADDRESSES)]
    assert dns.names.troubles([OFFICE]) == ["office.example.net has too many addresses: 9968 are left out"]


def test_too_many_names(dns: Dns) -> None:
    """Those above the limit are not asked for, and each is told."""
    dns.listed = [f"host{number}.example" for number in range(names.NAMES + 1)]

    dns.look()

    assert dns.names.troubles(dns.listed)[-1] == (
        f"host{names.NAMES}.example protects nobody: more than {names.NAMES} names are listed"
    )


def test_a_silent_server(dns: Dns) -> None:
    """So many questions wait and no more; the look returns, and says what is not known."""
    dns.listed = [f"silent{number}.example" for number in range(names.ASKING + 1)]
    dns.names.look()
    dns.now += names.SLOW_S
    dns.names.look()
    dns.names.look()
    wait_for(lambda: len(dns.asked) == names.ASKING)

    assert dns.names.troubles(dns.listed) == [
        f"{name} protects nobody yet: no answer yet" for name in dns.listed
    ]
    assert len(dns.said) == len(dns.listed)


def test_a_name_that_is_taken_out(dns: Dns) -> None:
    """It protects nobody from the next look on."""
    dns.look()
    dns.listed = []
    dns.names.look()

    assert dns.texts() == []
    assert dns.names.troubles([OFFICE]) == ["office.example.net protects nobody: nobody has asked yet"]


def test_the_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ignoreself means beside the addresses of interfaces; that it has no address is no trouble."""
    monkeypatch.setattr(socket, "gethostname", lambda: "localhost")
    monkeypatch.setattr(socket, "getfqdn", lambda: "nowhere.invalid")
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda name, *_rest, **_more: [(2, 1, 6, "", ("127.0.0.1", 0))] if name == "localhost" else _fail(),
    )

    assert names.resolve(names.OWN) == {ip_address("127.0.0.1")}
    assert Names().troubles([names.OWN]) == []


def _fail() -> None:
    raise OSError("Name or service not known")


def test_the_thread(dns: Dns) -> None:
    """It begins with the first jail, tells it what was found, and ends with the last."""
    dns.names.remove("jail")
    dns.names.add("jail", JailNames(lambda: dns.listed, dns.note))
    wait_for(lambda: dns.changes > 0)
    thread = dns.names._thread
    assert thread is not None

    dns.names.remove("jail")

    thread.join(60)
    assert not thread.is_alive()


def test_a_jail_whose_lists_cannot_be_read(dns: Dns) -> None:
    """The names of the others are asked for."""

    def fail() -> list[str]:
        raise RuntimeError("no filter")

    dns.names._owners = {"other": JailNames(fail, dns.note), **dns.names._owners}
    dns.look()

    assert dns.texts() == ["198.51.100.7"]
    assert dns.said == ["the host names of a jail are not known: RuntimeError('no filter')"]


def test_a_jail_that_fails(dns: Dns) -> None:
    """It is said, and the jail is told once more."""

    def fail() -> None:
        raise RuntimeError("no lock")

    dns.names._owners["other"] = JailNames(lambda: [], fail)
    dns.names._untold.update(("jail", "other"))
    dns.look()
    dns.names.look()
    dns.names.look()

    assert dns.changes == 1
    assert dns.said == ["bans of a name's addresses may stay: RuntimeError('no lock')"]
