"""Nobody gets the protection of an SSH session without one, and who has one keeps it on any port."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterator

import pytest

from demo import attacker
from demo.attacker import Attack
from demo.lab.fail2ban import RefusedError
from demo.lab.namespace import SERVERS, Namespace
from demo.lab.wait import wait_until
from demo.site import Site
from tests.lab.lines import suspect, write_lines
from tests.lab.sshd import UID, Sshd

pytestmark = [pytest.mark.redteam, pytest.mark.root]

JAIL = "ideolab-connmon"
#: seconds from the first slow connection to the ban, without a flood and with room for a busy machine
USUAL_S = 60.0
CONNECTIONS = 40


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with Site("f2bssh") as running:
        yield running


@pytest.fixture(scope="module")
def sshd(site: Site) -> Iterator[Sshd]:
    directory = site.directory / "sshd"
    directory.mkdir()
    running = Sshd(site.server, site.client, directory, 22, 2222)
    yield running
    running.stop()


class Flood:
    """Connects to port 22 so many times a second, and leaves each connection after a moment."""

    def __init__(self, client: Namespace, source: str, rate: float) -> None:
        self.count = 0
        self._client, self._source, self._rate = client, source, rate
        self._end = threading.Event()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._run)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()

    def _run(self) -> None:
        links: list[socket.socket] = []
        with self._client.enter():
            while not self._end.wait(1 / self._rate):
                with contextlib.suppress(OSError):
                    links.append(self._connect())
                    self.count += 1
                if len(links) > 3:
                    links.pop(0).close()
        for link in links:
            link.close()

    def _connect(self) -> socket.socket:
        return socket.create_connection((SERVERS[socket.AF_INET], 22), 1.0, (self._source, 0))


@contextlib.contextmanager
def attacking(site: Site, source: str) -> Iterator[None]:
    """Hold mute connections to port 443 meanwhile."""
    slow = Attack(attacker.SILENT, [source], CONNECTIONS)
    slow.start(site.client)
    try:
        yield
    finally:
        slow.stop()


def attack(site: Site, source: str) -> None:
    """Hold mute connections until their address is banned, which takes no longer than without SSH."""
    with attacking(site, source):
        wait_until(
            lambda: source in site.fail2ban.find_banned(JAIL),
            lambda: f"{source} is not banned:\n{site.fail2ban.tail()}",
            timeout_s=USUAL_S,
        )


@pytest.mark.parametrize(("rate", "source"), [(30, "198.51.100.66"), (50, "198.51.100.67")])
def test_a_flood_of_connects(site: Site, sshd: Sshd, rate: float, source: str) -> None:
    """An address that connects to port 22 all the time, and never logs in, is banned as fast as any."""
    flood = Flood(site.client, source, rate)
    with flood.running():
        # longer than two looks: what is no proof then is none later
        wait_until(lambda: flood.count > 7 * rate, "connects", timeout_s=60)
        attack(site, source)


def test_banners_that_are_held(site: Site, sshd: Sshd) -> None:
    """Connections that take the banner and wait, or send their own, on both ports."""
    source = "198.51.100.68"
    links = [sshd.connect(source, port) for port in (22, 2222) for _number in range(3)]
    for link in links[::2]:
        link.sendall(b"SSH-2.0-OpenSSH_10.0\r\n")
    attack(site, source)
    for link in links:
        link.close()


def test_a_tarpit(site: Site) -> None:
    """What is no sshd logs nobody in, whatever port it has and whatever it says."""
    source = "198.51.100.69"
    with site.server.enter():
        tarpit = socket.create_server(("0.0.0.0", 2223))
    with site.client.enter():
        link = socket.create_connection((SERVERS[socket.AF_INET], 2223), 5, (source, 0))
    with tarpit, tarpit.accept()[0] as held, link:
        held.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        attack(site, source)


def test_an_sshd_of_a_user(site: Site) -> None:
    """He lets a stranger in, who is a stranger to this host's root."""
    source = "198.51.100.70"
    directory = site.directory / "own"
    directory.mkdir()
    own = Sshd(site.server, site.client, directory, 2244, as_uid=UID)
    try:
        own.log_in(source, 2244)
        attack(site, source)
    finally:
        own.stop()


def test_a_session_on_another_port(site: Site, sshd: Sshd) -> None:
    """An administrator on port 2222 is not cut off, though his address attacks; `check` is told why."""
    source = "198.51.100.60"
    login = sshd.log_in(source, 2222)
    _wait_for_protection(site, source)
    with attacking(site, source):
        site.fail2ban.wait_for_log(rf"Refused: {source} is logged in over SSH")
    assert source not in site.fail2ban.find_banned(JAIL)
    assert login.is_alive()

    login.stop()
    _wait_for_protection(site, source, "an address that was logged in over SSH within the last day")
    site.fail2ban.restart()
    write_lines(site.connmon.log, suspect(source))
    site.fail2ban.wait_for_log(rf"Refused: {source} is an address that was logged in over SSH")
    assert source not in site.fail2ban.find_banned(JAIL)


def test_a_ban_before_the_proof(site: Site, sshd: Sshd) -> None:
    """A login is proved seconds after it: what banned its address meanwhile is lifted, also in the kernel."""
    for number in range(5):
        source = f"198.51.100.{80 + number}"
        login = sshd.log_in(source, 22)
        write_lines(site.connmon.log, suspect(source))
        site.fail2ban.wait_for_log(rf"(Ban|Refused:) {source}")
        if f"Ban {source}" in site.fail2ban.tail(1000):
            break
        # it took longer than the proof: once more
    site.fail2ban.wait_for_log(rf"Unban after a login over SSH: {source} is logged in over SSH")
    wait_until(lambda: source not in site.fail2ban.find_banned(JAIL), "the end of the ban")
    assert login.is_alive()
    # over the same address, which the kernel lets through again
    sshd.log_in(source, 22)


def test_a_session_with_a_privacy_address(site: Site, sshd: Sshd) -> None:
    """His browser has another address of the same /64, by which an IPv6 client is banned."""
    sshd.log_in("2001:db8:c:60::22", 22)
    _wait_for_protection(site, "2001:db8:c:60::22")
    with pytest.raises(RefusedError, match="2001:db8:c:60::/64 holds 2001:db8:c:60::22, logged in over SSH"):
        site.fail2ban.ask("set", JAIL, "banip", "2001:db8:c:60::/64")
    site.fail2ban.ask("set", JAIL, "banip", "2001:db8:c:61::/64")
    assert "2001:db8:c:61::/64" in site.fail2ban.find_banned(JAIL)


def _wait_for_protection(site: Site, address: str, what: str = "logged in over SSH") -> None:
    def is_listed() -> bool:
        told = json.loads(site.fail2ban.ask("get", JAIL, "action", "ideolab-ban", "protected"))
        return [address, what] in told["listed"]

    site.fail2ban.wait_until(is_listed, f"{address}, {what}")
