"""cluster: suspects that are one program on many addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable
from dataclasses import replace

import pytest

from ideolab_f2b.config import Connmon, Network
from ideolab_f2b.connmon.output import record, table
from ideolab_f2b.connmon.pressure.gauge import ALWAYS_EXHAUSTED
from ideolab_f2b.connmon.suspects import cluster
from ideolab_f2b.connmon.suspects.cluster import ClusterFinder
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Cluster, Suspect, Suspects
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.connmon.watch import Watch
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.kernel.sockets.detail import Detail
from tests.connmon.crowd import connection

LINUX, OTHER = "nk1_1460_10_tsw", "nk1_1360_8_sw"


def detail(address: str, mss: int = 1460, scale: int = 10, options: int = 7) -> Detail:
    return Detail(ipaddress.ip_address(address).packed, mss, scale, options)


def suspect(address: str, phases: dict[str, int] | None = None) -> Suspect:
    scope = "net" if "/" in address else "ip"
    phases = phases or {"mute": 8}
    return Suspect(address, scope, 2, sum(phases.values()), 1, phases, ("why",))


class Host:
    """Prepared connections, and what was asked about them."""

    def __init__(self, details: Iterable[Detail]) -> None:
        self.details = list(details)
        self.asked: list[list[str]] = []

    def read(self, _port: int, networks: Collection[Network]) -> Iterable[Detail]:
        self.asked.append(sorted(map(str, networks)))
        return [
            one
            for one in self.details
            if any(ipaddress.ip_address(one.peer) in network for network in networks)
        ]


@pytest.mark.parametrize(
    ("found", "key"),
    [
        (detail("192.0.2.1"), LINUX),
        (detail("192.0.2.1", 1360, 8, 6), OTHER),
        (detail("192.0.2.1", 536, 0, 0), "nk1_536_0_-"),
        (detail("192.0.2.1", 1440, 7, 15), "nk1_1440_7_tswe"),
    ],
)
def test_the_key(found: Detail, key: str) -> None:
    """Segment size, window scale, and a letter for each option."""
    assert cluster.network_key(found) == key


@pytest.mark.parametrize(
    ("phases", "phase"),
    [
        ({"mute": 3, "trickle": 5}, "trickle"),
        ({"mute": 1, "idle": 50}, "mute"),
        ({"idle": 40}, "idle"),
        ({}, ""),
    ],
)
def test_the_phase_of_a_suspect(phases: dict[str, int], phase: str) -> None:
    """What made it a suspect, not what it does beside that."""
    assert cluster.main_phase(replace(suspect("192.0.2.1"), phases=phases)) == phase


def test_five_addresses_alike_are_a_cluster() -> None:
    """Each suspect of it says so; the one with another system has its key only."""
    addresses = [f"198.51.100.{number}" for number in range(1, 6)]
    host = Host([*(detail(one) for one in addresses for _ in range(8)), detail("203.0.113.9", 1360, 8, 6)])
    found, clusters = ClusterFinder(443, host.read).find([*map(suspect, addresses), suspect("203.0.113.9")])

    assert clusters == (Cluster(LINUX, "mute", 5, 40),)
    assert [(one.network_key, one.clusters) for one in found] == [(LINUX, clusters)] * 5 + [(OTHER, ())]


def test_a_group_that_was_found_before_is_not_counted_again() -> None:
    """It has more members than are suspects."""
    whole = Cluster(LINUX, "partial-hello", 212, 212)
    addresses = [f"198.51.100.{number}" for number in range(1, 9)]
    suspects = [replace(suspect(one), clusters=(whole,)) for one in addresses]
    found, clusters = ClusterFinder(443, Host(map(detail, addresses)).read).find(suspects)

    assert clusters == ()
    assert {(one.network_key, one.clusters) for one in found} == {(LINUX, (whole,))}


def test_the_same_system_in_another_phase_is_another_program() -> None:
    """Four silent ones and four slow readers are no cluster."""
    addresses = [f"198.51.100.{number}" for number in range(1, 9)]
    suspects = [
        suspect(one, {"mute" if index < 4 else "slow-read": 8}) for index, one in enumerate(addresses)
    ]

    assert ClusterFinder(443, Host(map(detail, addresses)).read).find(suspects)[1] == ()


def test_the_addresses_of_a_network_count_one_by_one() -> None:
    """A network whose addresses are alike; one of them, a suspect itself, counts once."""
    addresses = [f"198.51.100.{number}" for number in range(1, 71)]
    found, clusters = ClusterFinder(443, Host(map(detail, addresses)).read).find(
        [suspect("198.51.100.0/24", {"mute": 70}), suspect("198.51.100.7")]
    )

    assert clusters == (Cluster(LINUX, "mute", 70, 70),)
    assert [one.network_key for one in found] == [LINUX, LINUX]


def test_ipv6() -> None:
    """A /64 is one client, whatever addresses it takes; a /56 and a /48 have those of their /64."""
    host = Host(
        [detail(f"2001:db8:c::{number:x}") for number in range(1, 7)]
        + [detail(f"2001:db8:d:{number:x}::1") for number in range(1, 7)]
        + [detail(f"2001:db8:e:{number:x}00::1") for number in range(1, 4)]
    )
    found, clusters = ClusterFinder(443, host.read).find(
        [
            suspect("2001:db8:c::/64"),
            replace(suspect("2001:db8:d::/56"), scope="net"),
            suspect("2001:db8:e::/48"),
        ]
    )

    assert clusters == (Cluster(LINUX, "mute", 10, 15),)
    assert [one.network_key for one in found] == [LINUX] * 3


def test_what_is_remembered_is_bounded() -> None:
    """However many suspects, addresses of a network and kinds of TCP there are."""
    peers = [f"2001:db8:c:{number:x}::1" for number in range(cluster.MOST_ADDRESSES + 100)]
    host = Host([*(detail("198.51.100.1", 100 + number) for number in range(50)), *map(detail, peers)])
    finder = ClusterFinder(443, host.read)
    crowd = [f"10.0.{number >> 8}.{number & 255}" for number in range(cluster.MOST_SUSPECTS)]
    found, _clusters = finder.find(
        [suspect(one) for one in ("198.51.100.1", "2001:db8:c::/48", *crowd, "2001:db8:c:1::/64")]
    )

    assert (len(found), len(host.asked[0])) == (cluster.MOST_SUSPECTS + 3, cluster.MOST_SUSPECTS)
    assert sum(map(len, finder._known.values())) == cluster.MOST_ADDRESSES
    assert (
        len(finder._known["198.51.100.1"][ipaddress.ip_address("198.51.100.1").packed]) == cluster.MOST_KEYS
    )
    assert found[-1].network_key == ""


def test_suspects_that_are_made_when_asked_for_stay_so() -> None:
    """Their keys are added when they are made."""
    made: list[str] = []

    def make(name: str) -> Suspect:
        made.append(name)
        return suspect(name)

    found, _clusters = ClusterFinder(443, Host([detail("198.51.100.1")]).read).find(
        Suspects(["198.51.100.1"], make)
    )
    before = len(made)

    assert [one.network_key for one in found] == [LINUX]
    assert len(made) == before + 1


def test_only_new_suspects_are_asked_about() -> None:
    """What stays a suspect is remembered; who was gone in between is asked about again."""
    host = Host([detail("198.51.100.1"), detail("198.51.100.2")])
    clusters = ClusterFinder(443, host.read)
    for names in (["198.51.100.1"], ["198.51.100.1", "198.51.100.2"], ["198.51.100.2"], [], ["198.51.100.2"]):
        clusters.find(list(map(suspect, names)))

    assert host.asked == [["198.51.100.1/32"], ["198.51.100.2/32"], ["198.51.100.2/32"]]


def test_a_suspect_whose_connections_are_gone_has_no_key() -> None:
    """nginx closed them between the two dumps."""
    found, clusters = ClusterFinder(443, Host([]).read).find([suspect("198.51.100.1")])

    assert (found, clusters) == ([suspect("198.51.100.1")], ())


def test_the_event_carries_key_and_clusters() -> None:
    """In raw, where readers of other versions look past it."""
    one = replace(suspect("198.51.100.1"), network_key=LINUX, clusters=(Cluster(LINUX, "mute", 5, 40),))

    assert record.make_event(one, 0.0, 443).raw == {
        "port": 443,
        "scope": "ip",
        "phases": {"mute": 8},
        "addresses": 1,
        "network_key": LINUX,
        "clusters": [{"key": LINUX, "phase": "mute", "addresses": 5, "connections": 40}],
    }


def test_the_table_names_the_clusters() -> None:
    """Below everybody."""
    findings = Findings(clusters=(Cluster(LINUX, "mute", 5, 40),))

    assert table.format_table([PortTick(0.0, 443, findings, 0.0)]).endswith(
        "\ncluster: 40 mute of 5 addresses with one key, nk1_1460_10_tsw"
    )


def watched(read: object) -> Findings:
    rows = [connection("198.51.100.1", age_s=9) for _ in range(8)]
    watch = Watch(
        Connmon(),
        rows=lambda _port: rows,
        details=read,  # type: ignore[arg-type]
        inuse=lambda: 99,
        own=frozenset,
        measure_of=lambda _port, _settings: ALWAYS_EXHAUSTED,
    )
    watch.tick()
    return watch.tick()[0].findings


def test_the_watch_reads_the_keys_of_suspects() -> None:
    """From rows to key."""
    assert [one.network_key for one in watched(Host([detail("198.51.100.1")]).read).suspects] == [LINUX]


def test_a_kernel_that_does_not_tell_keeps_nobody_from_being_a_suspect() -> None:
    """Reporting may fail, blocking may not."""

    def read(_port: int, _networks: Collection[Network]) -> Iterable[Detail]:
        raise KernelError(5, "peers of port 443")

    assert [(one.address, one.network_key) for one in watched(read).suspects] == [("198.51.100.1", "")]
