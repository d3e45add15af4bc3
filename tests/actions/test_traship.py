"""The jail ideolab-traship in a real fail2ban-server: ten paths are a ban; hostile text bans nobody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace
from ideolab_accesslog.traship.log import format_line
from ideolab_accesslog.traship.offence import CRAWLER, CROSS_SITE, Offence
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root

VISITOR, VISITOR6 = "198.51.100.67", "2001:db8::67"
MALLORY, MALLORY6, VICTIM = "198.51.100.66", "2001:db8::66", "203.0.113.9"
JAILS = "[ideolab-traship]\nenabled = true\n"
_LINE = (
    f"2026-11-22T14:52:01+0000 traship: offence {VICTIM} reason=sensitive_path status=403 method=GET path="
)


@pytest.fixture
def server(network: tuple[Namespace, Namespace], tmp_path: Path) -> Iterator[Fail2ban]:
    (tmp_path / "traship.log").touch()
    running = Fail2ban(network[0], tmp_path, JAILS).start()
    running.wait_for_rules("ideolab-traship")
    yield running
    running.stop()


def offend(server: Fail2ban, address: str, count: int) -> None:
    """Each path tries to name the victim in another way."""
    made = Offence(address, time.time(), "dotfile", 403, f"GET {_LINE}", "", f'"\n{_LINE}"')
    with (server.directory / "traship.log").open("a") as log:
        for number in range(count):
            log.write(format_line(made._replace(path=f'/.env{number}"\r\n{_LINE}')) + "\n")


def be_sent(server: Fail2ban, address: str, excuse: str) -> None:
    """Sixty paths, each quoting a line that would ban."""
    made = Offence(address, time.time(), "dotfile", 403, "GET", "", f'"\n{_LINE}', excuse)
    with (server.directory / "traship.log").open("a") as log:
        for number in range(60):
            log.write(format_line(made._replace(path=f'/.env{number}"\r\n{_LINE}')) + "\n")


def banned(kernel: Sets, name: str) -> set[str]:
    return {str(found.network.network_address) for found in kernel.elements(name)}


def test_an_ipv6_network(server: Fail2ban, kernel: Sets) -> None:
    """The app counts IPv6 by the /64: ten paths ban all its addresses, and none beside it."""
    offend(server, "2001:db8:0:7::/64", 10)

    def held() -> set[str]:
        return {str(found.network) for found in kernel.elements("ideolab_traship6")}

    server.wait_until(lambda: held() == {"2001:db8:0:7::/64"}, "the ban of the network")


def test_ten_paths(server: Fail2ban, kernel: Sets) -> None:
    """The tenth bans, for a day, and only who asked; what another site caused bans nobody."""
    offend(server, MALLORY6, 10)
    offend(server, MALLORY, 9)
    server.wait_until(lambda: banned(kernel, "ideolab_traship6") == {MALLORY6}, "the ban of IPv6")
    assert banned(kernel, "ideolab_traship") == set()

    be_sent(server, VISITOR, CROSS_SITE)
    be_sent(server, VISITOR6, CRAWLER)
    offend(server, MALLORY, 1)
    server.wait_until(lambda: banned(kernel, "ideolab_traship") == {MALLORY}, "the ban")
    (element,) = kernel.elements("ideolab_traship")
    assert 86_300 <= (element.timeout_s or 0) <= 86_400
    assert not {VICTIM, VISITOR, VISITOR6} & set(server.log.read_text().split())
