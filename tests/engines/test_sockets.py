"""connmon finds who holds the connections of an nginx in a container, and a ban closes them there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from demo.attacker import HALF_HELLO, SILENT
from demo.client import visit
from demo.lab.wait import wait_until
from tests.engines.conftest import NEEDS
from tests.engines.flow import Flow, wait_for_page
from tests.engines.site import PORTS, VISITOR, Site, build_site

pytestmark = [pytest.mark.root, pytest.mark.alone, NEEDS]

#: attackers: of an nginx directly, over a front that is watched, over one that is not, over docker-proxy
HALF, MUTE, BEHIND, VEILED = "198.51.100.10", "2001:db8:c:10::5", "198.51.100.11", "198.51.100.12"
PODDED = "198.51.100.13"
MUTE_NETWORK, PROXIED = "2001:db8:c:10::/64", "2001:db8:c:12::5"
#: {who is banned for connections to a container: the container}
ATTACKED = {HALF: "web", MUTE: "second", PODDED: "pod"}
#: seconds in which a container that came or went is seen
SEEN_S = 15.0
NEIGHBOUR, LATER = "203.0.113.20", "198.51.100.30"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """The host before any attack."""
    with build_site() as made:
        yield made


@dataclass(frozen=True)
class Outcome:
    """What was seen of the first attacks; the times count from the ban of the address."""

    was_full: bool
    #: seconds until the container had no connection of the address
    closed_s: dict[str, float]
    #: what good clients of the attacked nginx waited, right after
    visits_s: list[float]
    suspects: set[tuple[str, str]]
    #: the end: what fail2ban has, who is connected to a container, whether the neighbour still gets a page
    banned: list[str]
    connected: dict[str, dict[str, int]]
    neighbour: str
    neighbour_lost: int
    #: connections of the one attacker that were reset in the other container
    reset_beside: int


@pytest.fixture(scope="module")
def outcome(site: Site) -> Outcome:
    """All attacks at once, until those who can be named are banned."""
    neighbour = Flow(site.host.client, NEIGHBOUR, PORTS["second"])
    site.host.undo(neighbour.close)
    assert neighbour.ask() == "served"
    quiet = site.attack(SILENT, NEIGHBOUR, 3, "second")
    beside = site.attack(SILENT, HALF, 3, "second")
    for address, container in (
        (MUTE, "second"),
        (PODDED, "pod"),
        (BEHIND, "front"),
        (VEILED, "hidden"),
        (PROXIED, "old"),
    ):
        site.attack(SILENT, address, 40, container)
    site.attack(HALF_HELLO, HALF, 60, "web")
    closed = site.measure_bans(ATTACKED)
    visits = [visit(site.host.client, VISITOR) for _number in range(5)]
    site.wait_for_ban(BEHIND)
    wait_until(lambda: BEHIND not in site.count("front"), "connections to the front are left")
    # the connections that a front made end after those to it
    wait_until(
        lambda: site.docker.find_address("front") not in site.count("app"),
        "connections of the front are left",
    )
    return Outcome(
        "worker_connections are not enough" in (site.host.directory / "web/log/error.log").read_text(),
        closed,
        visits,
        site.find_suspects(),
        site.host.fail2ban.find_banned("ideolab-connmon"),
        {name: site.count(name) for name in ("web", "second", "app", "front", "old")},
        neighbour.ask(),
        quiet.reset + quiet.closed,
        beside.reset,
    )


def test_suspects_are_named_with_their_container(site: Site, outcome: Outcome) -> None:
    """Nobody else is one: not a reverse proxy in another container, watched or not, and not docker-proxy."""
    assert outcome.suspects == {
        (HALF, site.name("web")), (MUTE_NETWORK, site.name("second")), (BEHIND, site.name("front")),
        (PODDED, site.name("pod")),
    }  # fmt: skip
    assert outcome.banned == [HALF, BEHIND, PODDED, MUTE_NETWORK]


def test_no_socket_is_left_one_second_after_the_ban(outcome: Outcome) -> None:
    """They are closed inside of the container, where nginx holds them."""
    assert {address: seconds <= 1.0 for address, seconds in outcome.closed_s.items()} == dict.fromkeys(
        ATTACKED, True
    )


def test_slots_are_free(outcome: Outcome) -> None:
    """The attack had taken all; after the ban each of five new clients is served at once."""
    assert outcome.was_full
    assert len(outcome.visits_s) == 5
    assert max(outcome.visits_s) < 2.0


def test_another_client_keeps_its_connections(outcome: Outcome) -> None:
    """In the container next door, where both attackers lose theirs."""
    assert outcome.reset_beside == 3
    assert outcome.connected["second"] == {NEIGHBOUR: 4}
    assert (outcome.neighbour, outcome.neighbour_lost) == ("served", 0)


def test_who_is_no_client_keeps_its_connections(site: Site, outcome: Outcome) -> None:
    """What comes over a front that nobody watches, or over docker-proxy, has another machine's address."""
    assert outcome.connected["app"] == {site.docker.find_address("hidden"): 40}
    assert list(outcome.connected["old"].values()) == [40]


def test_containers_come_and_go(site: Site, outcome: Outcome) -> None:
    """It is seen within 15 s; nobody holds more files than before, or a namespace that is gone."""
    watch, docker, guest = site.watch, site.docker, site.guest
    wait_until(lambda: watch.count_namespaces() == 7, lambda: f"{watch.count_namespaces()} namespaces")
    before = watch.count_descriptors()

    docker.stop_container("old")
    guest.end()
    docker.restart_container("web")
    watch.show(old=0, guest=0, web=docker.find_pid("web"))
    wait_for_page(site.host.client, VISITOR, PORTS["web"])
    later = site.attack(HALF_HELLO, LATER, 40, "web")
    wait_until(
        lambda: watch.count_namespaces() == 5,
        lambda: f"{watch.count_namespaces()} namespaces",
        timeout_s=SEEN_S,
    )
    wait_until(lambda: not guest.has_cable(), "a namespace that is gone is held", timeout_s=SEEN_S)

    docker.start_container("old")
    words, directory = site.host.write_site("guest-again")
    guest.start(words, directory / "output")
    watch.show(old=docker.find_pid("old"), guest=guest.find_pid())
    wait_until(
        lambda: watch.count_namespaces() == 7,
        lambda: f"{watch.count_namespaces()} namespaces",
        timeout_s=SEEN_S,
    )
    site.wait_for_ban(LATER)
    later.stop()

    assert (LATER, site.name("web")) in site.find_suspects()
    wait_until(
        lambda: watch.count_descriptors() == before,
        lambda: f"{before} before, {watch.count_descriptors()} files",
    )
