"""alike: from a full server's snapshots to the members of one attacker, through the watch."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from ideolab_f2b.config import Connmon, Network
from ideolab_f2b.connmon.alike.finder import EVERY_S
from ideolab_f2b.connmon.alike.group import find_groups
from ideolab_f2b.connmon.alike.members import AlikeMembers
from ideolab_f2b.connmon.phases.counts import WIDTH, SnapshotCounts
from ideolab_f2b.connmon.phases.phase import PARTIAL_HELLO
from ideolab_f2b.connmon.pressure.gauge import ALWAYS_CALM, ALWAYS_EXHAUSTED
from ideolab_f2b.connmon.pressure.state import EXHAUSTED, Pressure, SlotUse
from ideolab_f2b.connmon.slots.history import SlotHistory
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Cluster, Suspect
from ideolab_f2b.connmon.watch import Watch
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.kernel.sockets.detail import Detail
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.kernel.sockets.row import Connection
from tests.connmon.crowd import Crowd, connection, handshake, held, seeded, served, several

LINUX, WINDOWS, PHONE = (1460, 7, 7), (1460, 8, 6), (1360, 8, 7)
SLOTS = 512


def addresses(count: int, first: int = 0) -> list[str]:
    """As many addresses, each in another /24."""
    return [f"10.{number >> 8}.{number & 255}.7" for number in range(first, first + count)]


def half_hellos(names: Sequence[str], each: int = 1, life_s: float = 1000.0) -> Crowd:
    """Half hellos that are given up after `life_s`, and opened anew."""
    return lambda at: (
        connection(
            name,
            age_s=(at + number % 5) % life_s,
            received=258,
            data_segs_in=1,
            cookie=(name, number, (at + number % 5) // life_s),
        )
        for name in names
        for number in range(each)
    )


def drips(names: Sequence[str], step_s: float = 8.0, size: int = 110) -> Crowd:
    """Requests that get longer, piece by piece, and have no end."""
    rng = seeded()
    phases = {name: rng.uniform(0, step_s) for name in names}

    def crowd(at: float) -> Iterator[Connection]:
        for name in names:
            pieces, quiet_s = divmod(at + phases[name], step_s)
            yield connection(
                name,
                lastsnd_ms=int((at + 20) * 1000),
                lastrcv_ms=int(quiet_s * 1000),
                received=800 + size * int(pieces),
                acked=1408,
                data_segs_in=3 + int(pieces),
                cookie=("drip", name),
            )

    return crowd


def readers(names: Sequence[str]) -> Crowd:
    """Answers that nobody takes."""
    return lambda at: (held(name, 2300, at + 1, cookie=("reads", name)) for name in names)


def mutes(names: Sequence[str]) -> Crowd:
    """Connections without a byte."""
    return lambda at: (connection(name, age_s=at + 1, cookie=("mute", name)) for name in names)


def visitors(names: Sequence[str], each: int = 1, pause_s: float = 9.0) -> Crowd:
    """People who read pages."""
    rng = seeded()
    phases = [(name, rng.uniform(0, pause_s)) for name in names for _ in range(each)]
    return lambda at: (
        served(
            name,
            1 + int((at + phase) // pause_s),
            9000,
            age_s=(at + phase) % pause_s,
            cookie=("visits", number),
        )
        for number, (name, phase) in enumerate(phases)
    )


def waiters(names: Sequence[str], ahead: int = 0, clicks_s: float = 0.0, most: int = 99) -> Crowd:
    """Browsers whose only request an application has not answered yet; they ask again each `clicks_s`."""
    rng = seeded()
    begun = {name: rng.uniform(0, 15) for name in names}

    def crowd(at: float) -> Iterator[Connection]:
        for name in names:
            age_s = at + begun[name]
            clicks = min(most, int(age_s // clicks_s)) if clicks_s else 0
            yield connection(
                name,
                lastsnd_ms=int(age_s * 1000),
                lastrcv_ms=int((age_s - clicks * clicks_s) * 1000),
                received=1100 + 120 * clicks,
                acked=1408,
                data_segs_in=3 + clicks,
                cookie=("waits", name),
            )
            yield from (handshake(name, age_s=age_s, cookie=("ahead", name, n)) for n in range(ahead))

    return crowd


def bad_radio(names: Sequence[str], every_s: float = 40.0, lasts_s: float = 2.5) -> Crowd:
    """Phones that lose the second half of a hello now and then."""
    rng = seeded()
    phases = {name: rng.uniform(0, every_s) for name in names}

    def crowd(at: float) -> Iterator[Connection]:
        for name in names:
            turn, age_s = divmod(at + phases[name], every_s)
            if age_s < lasts_s:
                yield connection(
                    name, age_s=age_s, received=1360, data_segs_in=1, cookie=("lost", name, turn)
                )

    return crowd


@dataclass
class Lab:
    """A watch of made-up connections; `keys` are the TCP of addresses, LINUX where they are not there."""

    crowd: Crowd
    keys: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    systems: dict[str, str] = field(default_factory=dict)
    measure: Callable[[SlotUse, float], Pressure] = ALWAYS_EXHAUSTED
    settings: Connmon = field(default_factory=Connmon)
    is_broken: bool = False
    now: float = 1000.0
    dumps: int = 0

    def read_details(self, _port: int, networks: Collection[Network]) -> Iterable[Detail]:
        if self.is_broken:
            raise KernelError(5, "peers of port 443")
        is_crowd = any(one.prefixlen == 0 for one in networks)
        self.dumps += is_crowd
        for row in self.crowd(self.now - 1000.0):
            peer = fold(row.family, row.peer)
            if is_crowd or any(ipaddress.ip_address(peer) in one for one in networks):
                yield Detail(peer, *self.keys.get(str(ipaddress.ip_address(peer)), LINUX))

    def find_systems(self, asked: Iterable[bytes]) -> dict[bytes, str]:
        known = {ipaddress.ip_address(name).packed: number for name, number in self.systems.items()}
        return {one: known[one] for one in asked if one in known}

    def run(self, seconds: float = 60.0, step_s: float = 1.0) -> dict[str, tuple[float, Suspect]]:
        """{address: (when it was first named, how)}."""
        watch = Watch(
            self.settings,
            rows=lambda _port: self.crowd(self.now - 1000.0),
            details=self.read_details,
            systems=self.find_systems,
            inuse=lambda: 10**6,
            own=frozenset,
            clock=lambda: self.now,
            measure_of=lambda _port, _settings: self.measure,
        )
        found: dict[str, tuple[float, Suspect]] = {}
        self.last = Findings()
        while self.now <= 1000.0 + seconds:
            self.last = watch.tick()[0].findings
            for one in self.last.suspects:
                found.setdefault(one.address, (self.now - 1000.0, one))
            self.now += step_s
        return found


def exhausted(use: SlotUse, _when: float) -> Pressure:
    """Return the pressure of a server with SLOTS slots."""
    return Pressure(EXHAUSTED, use.slots, SLOTS, "setting", 9, 511, "", 0.0)


@pytest.mark.parametrize(
    ("crowd", "by_s", "ttl", "what"),
    [
        pytest.param(half_hellos(addresses(250)), 9, 0, "half hellos", id="half hellos"),
        pytest.param(half_hellos(addresses(250), life_s=7.0), 9, 0, "half hellos", id="given up in time"),
        pytest.param(drips(addresses(250)), 18, 0, "requests that they do not finish", id="drips"),
        pytest.param(readers(addresses(250)), 20, 0, "answers that they do not take", id="slow readers"),
        pytest.param(mutes(addresses(250)), 20, 600, "connections without a byte", id="silence"),
    ],
)
def test_one_connection_of_each_of_many_addresses(crowd: Crowd, by_s: float, ttl: int, what: str) -> None:
    """Too little of each for any rule; alike, they are one attacker, and as many go as make room."""
    found = Lab(several(crowd, visitors(addresses(60, 1000))), measure=exhausted).run()

    # 0.3 of 310 slots must become free; nobody is banned here, and who gives up makes place for another
    assert len(found) >= 93
    assert set(found) <= set(addresses(250))
    first, one = min(found.values(), key=lambda each: each[0])
    assert first <= by_s
    assert one.ttl == ttl
    assert "addresses with one network key (nk1_1460_7_tsw) that hold" in one.why[0]
    assert f"of all slots with {what} and got no answer" in one.why[0]


def test_the_members_carry_the_whole_cluster() -> None:
    """Events and table show all that were found, not only those named."""
    lab = Lab(several(half_hellos(addresses(250)), visitors(addresses(60, 1000))), measure=exhausted)
    found = lab.run(12.0)

    assert len(found) == 93
    cluster = Cluster("nk1_1460_7_tsw", "partial-hello", 250, 250)
    assert lab.last.clusters == (cluster,)
    assert {(one.network_key, one.clusters) for _at, one in found.values()} == {(cluster.key, (cluster,))}


def test_an_attacker_of_one_as_with_many_kinds_of_systems() -> None:
    """No key of theirs is frequent; the cache knows that one AS has them all."""
    names = addresses(250)
    keys = {name: (1000 + number % 25, number % 14, 7) for number, name in enumerate(names)}
    crowd = several(half_hellos(names), visitors(addresses(60, 1000)))

    assert Lab(crowd, keys).run() == {}
    found = Lab(crowd, keys, dict.fromkeys(names, "64500")).run()
    assert set(found) <= set(names)
    assert (
        found[min(found)][1]
        .why[0]
        .startswith("the server is full: one of 250 addresses of AS64500 that hold 81 %")
    )


def test_an_ipv6_attacker_with_many_64() -> None:
    """Each /64 is one client."""
    names = [f"2001:db8:{number:x}:1::7" for number in range(200)]
    found = Lab(half_hellos(names)).run(12.0)

    assert set(found) <= {f"2001:db8:{number:x}:1::/64" for number in range(200)}
    assert len(found) >= 60


HONEST = {
    "a carrier's NAT with bad radios": (
        several(visitors(addresses(200), 2), bad_radio(addresses(200), 10.0)),
        PHONE,
    ),
    "phones with bad radios and nothing else": (bad_radio(addresses(600), 10.0), PHONE),
    "a flash crowd of one browser, the application slow": (waiters(addresses(400), ahead=1), WINDOWS),
    "the same, where a third asks again and again": (
        several(waiters(addresses(260)), waiters(addresses(130, 260), clicks_s=7.0)),
        WINDOWS,
    ),
    "the same, where everybody asks once more": (waiters(addresses(400), clicks_s=40.0), WINDOWS),
    "the same, where two thirds ask once more, and soon": (
        several(waiters(addresses(130)), waiters(addresses(260, 130), clicks_s=12.0, most=1)),
        WINDOWS,
    ),
    "players that are paused": (
        several(
            visitors(addresses(200)),
            lambda at: (held(name, 90_000, at + 1, cookie=("plays", name)) for name in addresses(200)),
        ),
        PHONE,
    ),
    "readers of pages with connections ahead": (
        several(
            visitors(addresses(250)),
            lambda at: (
                handshake(name, age_s=at % 60, cookie=("ahead", name, at // 60)) for name in addresses(250)
            ),
        ),
        WINDOWS,
    ),
    "a few attackers": (several(half_hellos(addresses(29), 1), visitors(addresses(60, 1000))), LINUX),
    "attackers that take little": (
        several(half_hellos(addresses(60)), visitors(addresses(300, 1000))),
        LINUX,
    ),
}


@pytest.mark.parametrize("name", HONEST)
def test_whom_nobody_names(name: str) -> None:
    """A full server, and many addresses with one key: answered, or waiting for us, or it passes."""
    crowd, key = HONEST[name]
    keys = {
        str(ipaddress.ip_address(fold(row.family, row.peer))): key for at in range(60) for row in crowd(at)
    }

    assert Lab(crowd, keys, measure=exhausted).run() == {}


def test_a_member_whose_likes_in_its_network_are_answered_is_spared() -> None:
    """A carrier's customers have one key and one network; the attacker's other networks are named."""
    bots, customers = addresses(150), [f"203.0.113.{number}" for number in range(1, 41)]
    crowd = several(half_hellos(bots), half_hellos(customers[:10]), visitors(customers[10:]))
    found = Lab(crowd, measure=exhausted).run()

    assert found and set(found) <= set(bots)


def test_an_answer_within_ten_minutes_spares() -> None:
    """He who was served before is a visitor whose radio fails."""
    names = addresses(120)
    crowd = several(lambda at: visitors(names, pause_s=3.0)(at) if at < 5 else (), half_hellos(names))

    # nobody remembers more than a minute or two who was answered lately
    assert Lab(crowd, measure=exhausted).run(240.0, 2.0) == {}


@pytest.fixture
def told() -> tuple[AlikeMembers, SnapshotCounts]:
    """Forty addresses whose half hellos last, and who were told to be one attacker at second 4."""
    names = [bytes((10, 0, number, 7)) for number in range(40)]
    hellos = {name: [0] * WIDTH for name in names}
    for number, name in enumerate(names):
        hellos[name][PARTIAL_HELLO] = 1 + (number == 9)
    seen = SnapshotCounts(hellos, unanswered_hellos=[*names, names[9]])
    members = AlikeMembers(SlotHistory(), 600)
    for when in (0.0, 2.0, 4.0):
        members.note(seen, when, is_full=True)
    crowd = members.offer(seen, lambda _name: False)
    assert crowd is not None
    members.tell(find_groups(crowd(), dict.fromkeys(names, "nk1_1460_7_tsw"), {}))
    return members, seen


def test_as_many_as_it_takes(told: tuple[AlikeMembers, SnapshotCounts]) -> None:
    """The largest first; who was named for something else is not named again."""
    members, seen = told

    def find(need: float, named: Collection[bytes] = ()) -> list[int]:
        return [one[2] for one in members.find(seen, need, named, lambda name: name[2] == 1)]

    assert find(5.0) == [9, 0, 2, 3]
    assert find(2.0, [bytes((10, 0, 9, 7)), bytes((10, 0, 0, 7))]) == [2, 3]
    assert find(0.0) == []
    assert len(find(99.0)) == 39


def test_how_long_a_grouping_holds(told: tuple[AlikeMembers, SnapshotCounts]) -> None:
    """As long as the server is full, a few seconds, and each member is at fault."""
    members, seen = told

    def find() -> int:
        return len(members.find(seen, 99.0, (), lambda _name: False))

    for when in (6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 19.0):
        members.note(seen, when, is_full=True)
    assert find() == 40
    members.note(seen, 19.1, is_full=True)
    assert find() == 0


def test_a_server_with_room_forgets_the_groups(told: tuple[AlikeMembers, SnapshotCounts]) -> None:
    """And since when who was at fault."""
    members, seen = told
    members.note(seen, 5.0, is_full=False)
    members.note(seen, 6.0, is_full=True)

    assert members.find(seen, 99.0, (), lambda _name: False) == {}
    assert members.group_of(bytes((10, 0, 9, 7))) is None
    assert members.offer(seen, lambda _name: False) is None


def test_a_calm_server_reads_no_keys() -> None:
    """Nor does a full one with nobody at fault; a full one reads them every few seconds."""
    calm = Lab(half_hellos(addresses(250)), measure=ALWAYS_CALM)
    served_only = Lab(visitors(addresses(250)))
    full = Lab(half_hellos(addresses(250)))

    assert (calm.run(20.0), calm.dumps) == ({}, 0)
    assert (served_only.run(20.0), served_only.dumps) == ({}, 0)
    full.run(20.0)
    assert 2 <= full.dumps <= 20 / EVERY_S + 1


def test_a_kernel_that_tells_no_keys_stops_nothing() -> None:
    """The other rules go on."""
    lab = Lab(several(half_hellos(addresses(250)), half_hellos(["192.0.2.1"], 40)), is_broken=True)

    assert set(lab.run(30.0)) == {"192.0.2.1"}


def test_who_is_never_named() -> None:
    """Whom the setting `ignore` lists."""
    settings = Connmon(ignore=(ipaddress.ip_network("10.0.0.0/9"),))

    assert Lab(half_hellos(addresses(250)), settings=settings).run(20.0) == {}
