"""Sets of nf_tables in a namespace: the same as those of ipset, and what `nft` shows of them."""

from __future__ import annotations

import json
import threading
from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.ipset import error
from ideolab_f2b.kernel.ipset.element import Element, SetHeader
from ideolab_f2b.kernel.nft import lists, ruleset, table_socket
from ideolab_f2b.kernel.nft.message import delete_rules
from ideolab_f2b.kernel.nft.names import TABLE
from ideolab_f2b.kernel.nft.sets import NftSets

pytestmark = pytest.mark.root
NET, HOST, HOST6 = ip_network("198.51.100.0/24"), ip_network("203.0.113.7"), ip_network("2001:db8:c::7")


def list_table(namespace: Namespace) -> str:
    return namespace.run("nft", "list", "table", "inet", "ideolab")


def test_create_is_repeatable(sets: NftSets, namespace: Namespace) -> None:
    """A set is created once, and nft lists it with the time of its elements."""
    sets.create("a_b", "inet", maxelem=1000)
    sets.add("a_b", HOST, 100)
    sets.create("a_b", "inet", maxelem=1000)

    assert sets.names() == ["a_b"]
    assert [found.network for found in sets.elements("a_b")] == [HOST]
    listed = list_table(namespace)
    assert "set a_b {\n\t\ttype ipv4_addr\n\t\tsize 1000\n\t\tflags timeout\n" in listed
    assert "203.0.113.7 timeout 1m40s expires 1m" in listed


def test_header(sets: NftSets) -> None:
    """The header tells family, size, the default time; of all prefix lengths together how many elements."""
    sets.create("a6", "inet6", maxelem=5000, timeout=60)
    sets.add_many("a6", [(HOST6, 0), (ip_network("2001:db8::/64"), 5)])

    found = sets.header("a6")

    assert found._replace(elements=None) == SetHeader("a6", "hash:net", "inet6", 5000, 60, 0, None, 0, 0)
    assert found.elements in (2, None)


def test_add_gives_a_new_timeout(sets: NftSets) -> None:
    """Adding what is there changes its time, from and to one that stays; on each kernel."""
    sets.create("a", "inet")
    for network in (HOST, NET):
        for timeout_s in (100, 5000, 60, 0, 600):
            sets.add("a", network, timeout_s)
            left_s = {found.network: found.timeout_s for found in sets.elements("a")}[network]
            assert left_s is None if timeout_s == 0 else timeout_s - 5 <= (left_s or 0) <= timeout_s
    sets.add_many("a", [(HOST, 0), (NET, 0), (HOST, 0)])
    assert list(sets.elements("a")) == [Element(NET, None), Element(HOST, None)]


def test_default_timeout(sets: NftSets) -> None:
    """Without a timeout the element gets the set's."""
    sets.create("a", "inet", timeout=300)
    sets.add("a", HOST)
    sets.add_many("a", [(NET, 5000)])
    sets.add_many("a", [(NET, None)])

    assert all(295 <= (found.timeout_s or 0) <= 300 for found in sets.elements("a"))


def test_longest_timeout(sets: NftSets) -> None:
    """A time above ours is cut to it: the kernel would refuse it."""
    sets.create("a", "inet")
    sets.add("a", HOST, 10**18)

    assert 10**10 - 5 <= (next(sets.elements("a")).timeout_s or 0) <= 10**10


def test_element_expires(sets: NftSets) -> None:
    """What has ended is not there, and deleting it is no error."""
    sets.create("a", "inet")
    sets.add("a", HOST, 1)
    while list(sets.elements("a")):
        threading.Event().wait(0.05)

    assert not sets.test("a", HOST)
    assert not sets.delete("a", HOST)
    sets.add("a", HOST, 0)
    assert sets.test("a", HOST)


def test_delete_and_test(sets: NftSets) -> None:
    """delete says whether it was there; test finds an address inside a network."""
    sets.create("a", "inet")
    sets.add("a", NET, 0)

    assert sets.test("a", ip_network("198.51.100.200"))
    assert sets.test("a", NET)
    assert not sets.test("a", ip_network("198.51.100.0/25"))
    assert not sets.test("a", HOST)
    assert not sets.delete("a", ip_network("198.51.100.200"))
    assert not sets.delete("a", ip_network("198.51.100.0/25"))
    assert sets.delete("a", NET)
    assert not sets.delete("a", NET)


def test_overlaps_have_times_of_their_own(sets: NftSets) -> None:
    """An address, its network and the network round it, in any order."""
    wider, inside = ip_network("198.51.100.0/23"), ip_network("198.51.100.9")
    sets.create("a", "inet")
    sets.add_many("a", [(NET, 600), (inside, 300), (wider, 900)])

    found = {each.network: each.timeout_s or 0 for each in sets.elements("a")}

    assert {network: round(left_s, -2) for network, left_s in found.items()} == {
        wider: 900, NET: 600, inside: 300
    }  # fmt: skip
    assert sets.delete("a", NET)
    assert {each.network for each in sets.elements("a")} == {wider, inside}


def test_add_many(sets: NftSets) -> None:
    """Fifty thousand elements of two sorts, those that are there too."""
    hosts = [(ip_network(0x0A000000 + number), number + 60) for number in range(47_000)]
    many = [*hosts, *((ip_network(f"10.{n >> 8}.{n & 255}.0/24"), 60) for n in range(3000))]
    sets.create("a", "inet", maxelem=60_000)

    assert sets.add_many("a", hosts[:100]) == 100
    assert sets.add_many("a", many) == 50_000
    assert {found.network for found in sets.elements("a")} == {network for network, _timeout in many}


def test_add_many_into_a_full_set(sets: NftSets) -> None:
    """The element that does not fit is named, and those before it are in."""
    sets.create("small", "inet", maxelem=10)

    with pytest.raises(
        error.SetFullError, match=r'add 10\.0\.0\.10/32 to set "small": the set is full; raise'
    ):
        sets.add_many("small", [(ip_network(f"10.0.0.{host}"), 60) for host in range(20)])

    assert len(list(sets.elements("small"))) == 10
    sets.add("small", ip_network("10.0.0.3"), 600)
    assert max(found.timeout_s or 0 for found in sets.elements("small")) > 590


def test_flush(sets: NftSets, namespace: Namespace) -> None:
    """A flushed set is empty and still there; a rule for each prefix length is a look of each packet less."""
    sets.create("a_b", "inet")
    sets.create_list("all")
    sets.link("all", "a_b")
    sets.add("a_b", NET, 0)
    sets.add("a_b", HOST, 0)
    assert "ip saddr & 255.255.255.0 == @a_b/24 counter packets 0 bytes 0 drop" in list_table(namespace)

    sets.flush("a_b")

    assert list(sets.elements("a_b")) == []
    assert "a_b/24" not in list_table(namespace)
    sets.add("a_b", NET, 0)
    assert list_table(namespace).count("a_b/24") == 2


def test_flush_keeps_what_was_counted(sets: NftSets, namespace: Namespace) -> None:
    """The rule that stays has the packets of those that go: a sum that falls would be counted once more."""
    sets.create("a_b", "inet")
    sets.create_list("all")
    sets.link("all", "a_b")
    sets.add("a_b", NET, 0)
    with namespace.enter():
        table = table_socket.share()
    rows = ruleset.list_rules(table.channel, TABLE, "all")
    made = [
        lists.rule("all", "a_b", 4, prefix, "", packets, 10 * packets)
        for prefix, packets in ((32, 100), (24, 50))
    ]
    table.commit([*(delete_rules(TABLE, row.chain, row.handle) for row in rows), *made], "count")

    sets.flush("a_b")

    assert "ip saddr @a_b counter packets 150 bytes 1500 drop" in list_table(namespace)
    assert list_table(namespace).count("counter") == 1


def test_list_of_sets(sets: NftSets) -> None:
    """Sets of both families in one list, linked and unlinked any number of times."""
    sets.create("a", "inet")
    sets.create("a6", "inet6")
    sets.create_list("all")
    for _again in range(2):
        sets.create_list("all")
        sets.link("all", "a")
        sets.link("all", "a6")

    assert sets.members("all") == ["a", "a6"]
    assert sets.header("all").type == "list:set"
    assert list(sets.entries("all")) == []
    with pytest.raises(error.SetBusyError):
        sets.destroy("a")
    sets.unlink("all", "a")
    sets.unlink("all", "a")
    sets.destroy("a")
    assert sets.members("all") == ["a6"]
    assert sets.names() == ["a6", "all"]
    sets.flush("all")
    assert sets.members("all") == []


def test_last_set_takes_the_table_with_it(sets: NftSets, namespace: Namespace) -> None:
    """Nothing of ours stays."""
    sets.create("a", "inet")
    sets.create_list("all")
    sets.destroy("a")
    sets.destroy("all")

    assert sets.names() == []
    assert namespace.run("nft", "list", "tables") == ""


def test_what_is_missing(sets: NftSets) -> None:
    """Each request about a set that is not there is the same named error."""
    requests = (
        lambda: sets.add("none", NET, 0), lambda: sets.delete("none", NET), lambda: sets.test("none", NET),
        lambda: sets.flush("none"), lambda: sets.destroy("none"), lambda: sets.resize("none", 5, "t"),
        lambda: sets.header("none"), lambda: list(sets.elements("none")), lambda: sets.link("none", "a"),
        lambda: sets.add_many("none", [(NET, 0)]), lambda: sets.members("none"),
        lambda: sets.add("none", NET),
    )  # fmt: skip
    for request in requests:
        with pytest.raises(error.SetMissingError, match="does not exist; create the set first"):
            request()
    sets.create("a", "inet")
    for request in (lambda: sets.link("none", "a"), lambda: sets.unlink("none", "a")):
        with pytest.raises(error.SetMissingError, match="the list does not exist"):
            request()


def test_what_does_not_fit(sets: NftSets) -> None:
    """Another family, another size, the whole address space, names that are none."""
    sets.create("a", "inet")
    with pytest.raises(error.ElementError, match="an IPv4 address is expected"):
        sets.add("a", HOST6, 0)
    with pytest.raises(error.ElementError, match="an IPv4 address is expected"):
        sets.add_many("a", [(HOST, 0), (HOST6, 0)])
    assert list(sets.elements("a")) == [Element(HOST, None)]
    for wrong in (("inet6", 65536), ("inet", 5)):
        with pytest.raises(error.SetTypeError, match="it exists for inet and 65536 elements"):
            sets.create("a", *wrong)
    for request in (sets.add, sets.delete, sets.test):
        with pytest.raises(ValueError, match="covers every address"):
            request("a", ip_network("0.0.0.0/0"))
    for name in ("", "a b", "x" * 32, "ü", "a\0", "a/24", "{"):
        with pytest.raises(ValueError, match="no name of a set"):
            sets.create(name, "inet")


def test_somebody_destroys_a_set(sets: NftSets, namespace: Namespace) -> None:
    """What was known of it is forgotten: the error is that of a missing set, and it can be made again."""
    sets.create("a_b", "inet")
    sets.add("a_b", NET, 0)
    if "flags owner" in list_table(namespace):
        pytest.skip("nobody can")
    namespace.run("nft", "delete", "set", "inet", "ideolab", "a_b/24")
    assert not sets.delete("a_b", NET)
    sets.add("a_b", NET, 0)
    assert list(sets.elements("a_b")) == [Element(NET, None)]
    namespace.run("nft", "delete", "table", "inet", "ideolab")

    for request in (
        lambda: sets.delete("a_b", NET),
        lambda: sets.add("a_b", HOST, 0),
        lambda: sets.header("a_b"),
    ):
        with pytest.raises(error.SetMissingError):
            request()
    sets.create("a_b", "inet")
    sets.add("a_b", HOST, 0)


def test_odd_names_list_and_load(sets: NftSets, namespace: Namespace) -> None:
    """Digits first, dots, dashes, words of nft's own: `nft -f` takes what `nft list ruleset` prints."""
    sets.create_list("every_ban")
    sets.create_list("ports")
    for name in ("1.2-3", "tcp", "-x", "counter", "a.b-c_", "_", "9", "web_24", "web", "drop"):
        for family, network in (("inet", NET), ("inet6", HOST6)):
            own = name + ("6" if family == "inet6" else "")
            sets.create(own, family, maxelem=77)
            for list_name in ("every_ban", "ports"):
                sets.link(list_name, own)
            sets.add(own, network, 0)
            sets.add(own, ip_network(network.network_address), 3600)
    printed = namespace.run("nft", "-s", "list", "ruleset")

    other = "table inet ideolab {\n" + printed.partition("{")[2].replace("\tflags owner\n", "", 1)
    loaded = namespace.run(
        "sh", "-c", f"unshare -n sh -c 'nft -f - && nft -s list ruleset' <<'END'\n{other}END"
    )

    def settled(text: str) -> list[str]:
        return [
            line.partition(" expires")[0].strip() for line in text.splitlines()[1:] if "owner" not in line
        ]

    assert [line for line in settled(loaded) if line] == [line for line in settled(printed) if line]
    assert json.dumps(sets.names()).count('"') == 2 * 22


def test_several_threads(sets: NftSets) -> None:
    """Answers never get to the wrong thread, and a set of a new length is made once."""
    sets.create("a", "inet")
    problems: list[BaseException] = []

    def work(octet: int) -> None:
        try:
            for host in range(100):
                network = ip_network(f"10.{octet}.{host}.0/{24 + host % 3}")
                sets.add("a", network, 60)
                assert sets.test("a", network)
                assert sets.header("a").name == "a"
                assert sets.delete("a", network)
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(octet,)) for octet in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert list(sets.elements("a")) == []
