"""lookup: who is asked, in which order, and for what; and that nothing ever raises or waits."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from demo.lab.wait import wait_until
from ideolab_f2b.origin.bulk import Reply
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin
from tests.origin.conftest import MakeFront
from tests.origin.whois_server import MODES, WhoisServer

CYMRU = Origin("198.51.100.7", "64500", "EXAMPLE, FR", "FR", "198.51.100.0/24", "cymru")
UNKNOWN = Origin("198.51.100.7")


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Single:
    """In the place of ipwhois: it knows the addresses of `asns`."""

    def __init__(self, **asns: str) -> None:
        self.asns = {name.replace("_", "."): asn for name, asn in asns.items()}
        self.asked: list[list[str]] = []
        self.left: list[float] = []

    def __call__(self, addresses: Collection[Address], deadline: float) -> Reply:
        self.asked.append([str(one) for one in addresses])
        self.left.append(deadline - time.monotonic())
        found = {
            one: Origin(str(one), self.asns[f"a{one}"], source="ipwhois")
            for one in addresses
            if f"a{one}" in self.asns
        }
        return Reply(found, None if len(found) == len(addresses) else "ipwhois: nothing")


def mmdb_file(path: Path, record: dict[str, object]) -> Path:
    writer = MMDBWriter(4, "Test", languages=["en"])
    writer.insert_network(IPSet(["198.51.100.0/25"]), record)
    writer.to_db_file(str(path))
    return path


def test_one_look_up_for_a_botnet_in_one_prefix(make_front: MakeFront) -> None:
    """At once and later; also by another process, from the same file."""
    botnet = [f"198.51.100.{number}" for number in range(256)]
    with WhoisServer() as server:
        lookup = make_front(server.port)
        found = lookup.resolve(botnet)
        again = make_front(server.port).resolve(botnet)

    assert set(found) == set(botnet)
    assert {origin.asn for origin in found.values()} == {"64500"}
    assert found["198.51.100.7"] == CYMRU
    assert again == found
    assert (server.connections, server.asked) == (1, ["198.51.100.0"])
    assert lookup.counts() == {("cache", "miss"): 256, ("cymru", "hit"): 1}


def test_everything_that_can_be_asked_for(make_front: MakeFront) -> None:
    """Each text gets its answer, under the text that was given."""
    texts = [
        "198.51.100.0/24",
        "::ffff:198.51.100.7",
        "2001:db8::7",
        "203.0.113.9",
        "10.1.2.3",
        "no address",
        "",
    ]
    with WhoisServer() as server:
        found = make_front(server.port).resolve(texts)

    assert found == {
        "198.51.100.0/24": CYMRU.of("198.51.100.0/24"),
        "::ffff:198.51.100.7": CYMRU.of("::ffff:198.51.100.7"),
        "2001:db8::7": Origin("2001:db8::7", "64501", "EXAMPLE-SIX, DE", "DE", "2001:db8::/32", "cymru"),
        "203.0.113.9": Origin("203.0.113.9"),
        "10.1.2.3": Origin("10.1.2.3"),
        "no address": Origin("no address"),
        "": Origin(""),
    }
    assert server.asked == ["198.51.100.0", "203.0.113.9", "2001:db8::7"]


def test_nothing_is_asked_for_nothing(make_front: MakeFront) -> None:
    """No addresses, no connection."""
    with WhoisServer() as server:
        assert make_front(server.port).resolve([]) == {}
    assert server.connections == 0


def test_prefixes_longer_than_a_24(make_front: MakeFront) -> None:
    """A second round asks for what the first answer does not hold; there is no third."""
    rows = {f"198.51.100.{first}/26": (str(64500 + first), "FR", "X") for first in (0, 64, 128, 192)}
    with WhoisServer(prefixes=rows) as server:
        found = make_front(server.port).resolve([f"198.51.100.{last}" for last in (1, 2, 65, 129)])

    assert [origin.asn for origin in found.values()] == ["64500", "64500", "64564", "64628"]
    assert (server.connections, server.asked) == (
        2, ["198.51.100.1", "198.51.100.65", "198.51.100.129"],
    )  # fmt: skip


def test_nobody_knows_is_remembered_for_a_while(make_front: MakeFront) -> None:
    """Six hours; then it is asked again."""
    wall = Clock()
    with WhoisServer("na") as server:
        lookup = make_front(server.port, {"clock": wall})
        for wait in (0.0, 6 * 3600.0 - 1, 1.0):
            wall.now += wait
            assert lookup.resolve(["198.51.100.7"]) == {"198.51.100.7": UNKNOWN}

    assert server.connections == 2
    assert lookup.counts() == {("cache", "miss"): 2, ("cache", "negative"): 1, ("cymru", "negative"): 2}


def test_a_dead_server_is_left_alone(make_front: MakeFront, refused_port: int) -> None:
    """One attempt, then none for a minute, then for two; an answer ends it."""
    clock = Clock()
    lookup = make_front(refused_port, {"monotonic": clock})
    for wait in (0.0, 1.0, 58.9, 0.1, 60.0, 60.0):
        clock.now += wait
        assert lookup.resolve(["198.51.100.7"]) == {"198.51.100.7": UNKNOWN}

    assert lookup.counts() == {("cache", "miss"): 6, ("cymru", "error"): 3, ("cymru", "backoff"): 3}
    assert lookup.complaints() == []
    assert lookup.describe_failures() == (
        f"some addresses have no AS and no country: 127.0.0.1:{refused_port}: no connection: "
        "[Errno 111] Connection refused"
    )


@pytest.mark.alone
@pytest.mark.parametrize("mode", sorted(set(MODES) - {"ok", "multi", "utf8split", "open", "half", "na"}))
def test_no_server_can_hold_it_or_break_it(make_front: MakeFront, mode: str) -> None:
    """The deadline is that of the whole look-up; the next one, at once after, does not even begin."""
    with WhoisServer(mode, drip_s=0.05) as server:
        lookup = make_front(server.port, deadline_s=0.5)
        begin = time.monotonic()
        assert lookup.resolve(["198.51.100.7"]) == {"198.51.100.7": UNKNOWN}
        first = time.monotonic() - begin
        assert lookup.resolve(["198.51.100.8"]) == {"198.51.100.8": Origin("198.51.100.8")}

        assert first < 2.0
        assert time.monotonic() - begin - first < 0.4
        assert server.connections == 1
    assert lookup.describe_failures().startswith("some addresses have no AS and no country: ")


def test_half_an_answer_is_used_and_kept(make_front: MakeFront) -> None:
    """The rest is asked for the next time, without a pause: the server works."""
    with WhoisServer("half") as server:
        lookup = make_front(server.port)
        first = lookup.resolve(["198.51.100.7", "2001:db8::7", "203.0.113.9"])
        server.mode = "ok"
        second = lookup.resolve(["198.51.100.7", "2001:db8::7", "203.0.113.9"])

    assert [origin.asn for origin in first.values()] == ["64500", None, None]
    assert [origin.asn for origin in second.values()] == ["64500", "64501", None]
    assert server.asked[3:] == ["203.0.113.9", "2001:db8::7"]


@pytest.mark.alone
def test_the_deadline_of_the_caller(make_front: MakeFront) -> None:
    """Shorter than the configured one."""
    with WhoisServer("blackhole") as server:
        begin = time.monotonic()
        make_front(server.port, deadline_s=60.0).resolve(["198.51.100.7"], deadline_s=0.2)
        assert time.monotonic() - begin < 2.0


def test_cached_asks_nobody(make_front: MakeFront) -> None:
    """For a list that is printed now."""
    with WhoisServer() as server:
        lookup = make_front(server.port)
        assert lookup.resolve_locally(["198.51.100.7"]) == {"198.51.100.7": UNKNOWN}
        lookup.resolve(["198.51.100.8"])
        assert lookup.resolve_locally(["198.51.100.7"]) == {"198.51.100.7": CYMRU}

    assert server.connections == 1
    assert lookup.counts() == {("cache", "miss"): 2, ("cymru", "hit"): 1, ("cache", "hit"): 1}


def test_local_files_before_the_network(make_front: MakeFront, tmp_path: Path) -> None:
    """One that knows AS and country is enough."""
    path = mmdb_file(tmp_path / "both.mmdb", {"asn": 64510, "as_name": "LOCAL", "country_code": "ES"})
    with WhoisServer() as server:
        lookup = make_front(server.port, mmdb=(path,))
        found = lookup.resolve(["198.51.100.7", "198.51.100.200"])

    assert found == {
        "198.51.100.7": Origin("198.51.100.7", "64510", "LOCAL", "ES", "198.51.100.0/25", "mmdb"),
        "198.51.100.200": CYMRU.of("198.51.100.200"),
    }
    assert server.asked == ["198.51.100.200"]
    assert lookup.counts()["mmdb", "hit"] == lookup.counts()["mmdb", "miss"] == 1


def test_a_country_file_completes_whois(make_front: MakeFront, tmp_path: Path) -> None:
    """Its country is better than the registry's, the first time and from the cache."""
    path = mmdb_file(tmp_path / "country.mmdb", {"country": {"iso_code": "ES"}})
    with WhoisServer() as server:
        lookup = make_front(server.port, mmdb=(path,))
        first, again = lookup.resolve(["198.51.100.7"]), lookup.resolve_locally(["198.51.100.7"])

    assert (
        first
        == again
        == {"198.51.100.7": Origin("198.51.100.7", "64500", "EXAMPLE, FR", "ES", "198.51.100.0/24", "cymru")}
    )


def test_an_asn_file_stands_in_for_a_dead_server(
    make_front: MakeFront, tmp_path: Path, refused_port: int
) -> None:
    """Half an answer is better than none."""
    path = mmdb_file(tmp_path / "asn.mmdb", {"asn": 64510})
    found = make_front(refused_port, mmdb=(path,)).resolve(["198.51.100.7"])

    assert found["198.51.100.7"] == Origin("198.51.100.7", "64510", prefix="198.51.100.0/25", source="mmdb")


def test_ipwhois_for_a_few_of_what_is_left(make_front: MakeFront, refused_port: int) -> None:
    """One of each /24, no more than configured; the answer holds for its neighbours and is kept."""
    single = Single(**{"a198_51_100_7": "64500", "a198_51_101_7": "64501"})
    lookup = make_front(refused_port, {"ask_single": single}, ipwhois=2)
    found = lookup.resolve(["198.51.100.7", "198.51.100.8", "198.51.101.7", "198.51.102.7"])

    assert single.asked == [["198.51.100.7", "198.51.101.7"]]
    assert [(origin.asn, origin.source) for origin in found.values()] == [
        ("64500", "ipwhois"), ("64500", "ipwhois"), ("64501", "ipwhois"), (None, "none"),
    ]  # fmt: skip
    assert lookup.resolve_locally(["198.51.100.9"])["198.51.100.9"].source == "ipwhois"
    assert lookup.counts()["ipwhois", "hit"] == 2


@pytest.mark.alone
def test_ipwhois_has_time_left_beside_a_black_hole(make_front: MakeFront) -> None:
    """Four tenths of it; and it is let alone after a failure, as every source is."""
    single = Single()
    with WhoisServer("blackhole") as server:
        lookup = make_front(server.port, {"ask_single": single}, ipwhois=4, deadline_s=1.0)
        lookup.resolve(["198.51.100.7"])
        lookup.resolve(["198.51.100.7"])

    assert len(single.asked) == 1
    assert 0.2 < single.left[0] <= 0.4
    assert lookup.counts()["ipwhois", "backoff"] == 1


def test_ipwhois_is_not_asked_for_what_whois_answered(make_front: MakeFront) -> None:
    """That nobody announces an address is an answer."""
    single = Single()
    with WhoisServer() as server:
        make_front(server.port, {"ask_single": single}, ipwhois=4).resolve(["198.51.100.7", "203.0.113.9"])

    assert single.asked == []


def test_nobody_is_asked_without_a_host(make_front: MakeFront) -> None:
    """cymru_host empty, ipwhois 0: the cache and the files alone."""
    lookup = make_front(1, cymru_host="")

    assert lookup.resolve(["198.51.100.7"]) == {"198.51.100.7": UNKNOWN}
    assert (lookup.counts(), lookup.complaints()) == ({("cache", "miss"): 1}, [])


def test_it_opens_nothing_before_the_first_question(make_front: MakeFront, cache_path: Path) -> None:
    """fail2ban forks in between."""
    descriptors, threads = os.listdir("/proc/self/fd"), threading.active_count()
    lookup = make_front(1)
    assert (os.listdir("/proc/self/fd"), threading.active_count()) == (descriptors, threads)
    assert not cache_path.exists()

    lookup.resolve_locally(["198.51.100.7"])
    assert cache_path.exists()


@pytest.mark.alone
def test_others_may_ask_while_one_resolves(make_front: MakeFront) -> None:
    """cached() does not wait for the network."""
    with WhoisServer("blackhole") as server:
        lookup = make_front(server.port, deadline_s=30.0)
        worker = threading.Thread(target=lookup.resolve, args=(["198.51.100.7"], 1.0))
        worker.start()
        wait_until(lambda: server.connections, "the whois server was not asked", every_s=0.001)
        begin = time.monotonic()
        lookup.resolve_locally(["198.51.100.8"])
        assert time.monotonic() - begin < 0.5
        worker.join()


def test_a_broken_cache_does_not_stop_it(make_front: MakeFront, cache_path: Path) -> None:
    """Answered from the network, begun anew, and said."""
    cache_path.write_bytes(b"garbage" * 1000)
    with WhoisServer() as server:
        lookup = make_front(server.port)
        assert lookup.resolve(["198.51.100.7"]) == {"198.51.100.7": CYMRU}
        assert lookup.resolve_locally(["198.51.100.7"]) == {"198.51.100.7": CYMRU}

    assert "begun anew" in lookup.complaints()[0]
