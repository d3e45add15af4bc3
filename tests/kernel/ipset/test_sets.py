"""Sets in the kernel of a namespace of the test."""

from __future__ import annotations

import errno
import subprocess
import threading
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.kernel.ipset import error
from ideolab_f2b.kernel.ipset import sets as ipset
from ideolab_f2b.kernel.ipset.element import Element
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.kernel.netlink import KernelError, ModuleMissingError, PermissionDeniedError

NET, HOST, HOST6 = ip_network("198.51.100.0/24"), ip_network("203.0.113.7"), ip_network("2001:db8:c::7")


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with link_namespaces("f2bban-ipset") as (server, _client):
        yield server


@pytest.fixture
def sets(namespace: Namespace) -> Iterator[Sets]:
    """Empty: what a test left is destroyed."""
    with namespace.enter():
        opened = Sets()
    yield opened
    opened.close()
    # a list:set keeps its members from being destroyed
    namespace.run("ipset", "flush")
    namespace.run("ipset", "destroy")


@pytest.mark.root
class TestSets:
    def test_create_is_repeatable(self, sets: Sets, namespace: Namespace) -> None:
        """A set is created once; ipset(8) can list it, whatever its age."""
        sets.create("a", "inet", maxelem=1000)
        sets.add("a", NET, 100)
        sets.create("a", "inet", maxelem=1000)

        assert sets.names() == ["a"]
        assert [found.network for found in sets.elements("a")] == [NET]
        listed = namespace.run("ipset", "save")
        assert listed.splitlines()[0].endswith("maxelem 1000 timeout 0")
        assert "add a 198.51.100.0/24 timeout " in listed

    def test_header(self, sets: Sets) -> None:
        """The header tells type, family, size and how many elements there are."""
        sets.create("a6", "inet6", maxelem=5000)
        sets.add_many("a6", [(HOST6, 0)])

        found = sets.header("a6")

        assert (found.type, found.family) == ("hash:net", "inet6")
        assert (found.maxelem, found.timeout, found.references, found.elements) == (5000, 0, 0, 1)
        assert found.memory > 0

    def test_add_gives_a_new_timeout(self, sets: Sets) -> None:
        """Adding what is there changes its time; 0 makes it stay."""
        sets.create("a", "inet")
        sets.add("a", HOST, 100)
        assert 98 <= (next(sets.elements("a")).timeout_s or 0) <= 100

        sets.add("a", HOST, 5000)
        assert 4998 <= (next(sets.elements("a")).timeout_s or 0) <= 5000
        sets.add("a", HOST, 0)
        assert list(sets.elements("a")) == [Element(HOST, None)]

    def test_default_timeout(self, sets: Sets) -> None:
        """Without a timeout the element gets the set's."""
        sets.create("a", "inet", timeout=300)
        sets.add("a", HOST)

        assert 298 <= (next(sets.elements("a")).timeout_s or 0) <= 300

    def test_longest_timeout(self, sets: Sets) -> None:
        """A time above the kernel's is cut to it."""
        sets.create("a", "inet")
        sets.add("a", HOST, 10**9)

        assert 2147480 <= (next(sets.elements("a")).timeout_s or 0) <= 2147483

    def test_delete_and_test(self, sets: Sets) -> None:
        """delete says whether it was there; test finds an address inside a network."""
        sets.create("a", "inet")
        sets.add("a", NET, 0)

        assert sets.test("a", ip_network("198.51.100.200"))
        assert not sets.test("a", HOST)
        assert not sets.delete("a", ip_network("198.51.100.200"))
        assert sets.delete("a", NET)
        assert not sets.delete("a", NET)

    def test_add_many(self, sets: Sets) -> None:
        """Thousands of elements of both sorts go in by a few messages."""
        many = [(ip_network(f"10.{number >> 8}.{number & 255}.0/24"), number + 60) for number in range(3000)]
        sets.create("a", "inet")

        assert sets.add_many("a", many) == 3000
        assert {found.network for found in sets.elements("a")} == {network for network, _timeout in many}

    def test_add_many_into_a_full_set(self, sets: Sets) -> None:
        """The element that does not fit is named, and those before it are in."""
        sets.create("small", "inet", maxelem=10)

        with pytest.raises(error.SetFullError, match=r'add 10\.0\.0\.10/32 to set "small": .* full'):
            sets.add_many("small", [(ip_network(f"10.0.0.{host}"), 60) for host in range(20)])

        assert sets.header("small").elements == 10

    def test_swap(self, sets: Sets) -> None:
        """Two sets change places, and what a list:set refers to is the name."""
        sets.create("old", "inet")
        sets.create("new", "inet")
        sets.create_list("all")
        sets.link("all", "old")
        sets.add("new", NET, 0)

        sets.swap("old", "new")

        assert list(sets.elements("old")) == [Element(NET, None)]
        assert sets.members("all") == ["old"]

    def test_flush(self, sets: Sets) -> None:
        """A flushed set is empty and still there."""
        sets.create("a", "inet")
        sets.add("a", NET, 0)

        sets.flush("a")

        assert list(sets.elements("a")) == []

    def test_list_of_sets(self, sets: Sets, namespace: Namespace) -> None:
        """Sets of both families in one list, linked and unlinked any number of times."""
        sets.create("a", "inet")
        sets.create("a6", "inet6")
        sets.create_list("all")
        for _again in range(2):
            sets.link("all", "a")
            sets.link("all", "a6")

        assert sets.members("all") == ["a", "a6"]
        assert sets.header("all").type == "list:set"
        with pytest.raises(error.SetBusyError):
            sets.destroy("a")
        sets.unlink("all", "a")
        sets.unlink("all", "a")
        sets.destroy("a")
        assert sets.members("all") == ["a6"]
        assert sets.names() == ["a6", "all"]

    def test_list_of_another_size(self, sets: Sets, namespace: Namespace) -> None:
        """A list that somebody else made is taken as it is."""
        namespace.run("ipset", "create", "all", "list:set", "size", "8")

        sets.create_list("all")

        assert sets.header("all").size == 8

    def test_what_is_missing(self, sets: Sets) -> None:
        """Each request about a set that is not there is the same named error."""
        requests = (
            lambda: sets.add("none", NET), lambda: sets.delete("none", NET), lambda: sets.test("none", NET),
            lambda: sets.flush("none"), lambda: sets.destroy("none"), lambda: sets.swap("none", "none2"),
            lambda: sets.header("none"), lambda: list(sets.elements("none")), lambda: sets.link("none", "a"),
        )  # fmt: skip
        for request in requests:
            with pytest.raises(error.SetMissingError, match="does not exist; create the set first"):
                request()
        sets.create_list("all")
        with pytest.raises(error.SetMissingError, match="the member set does not exist"):
            sets.link("all", "none")

    def test_what_does_not_fit(self, sets: Sets) -> None:
        """Another family, another type, the whole address space, names that are none."""
        sets.create("a", "inet")
        with pytest.raises(error.ElementError):
            sets.add("a", HOST6, 0)
        for wrong in (("inet6", 65536), ("inet", 5)):
            with pytest.raises(error.SetTypeError, match=r"it exists for inet|or other settings"):
                sets.create("a", *wrong)
        with pytest.raises(error.SetTypeError):
            sets.create_list("a")
        for request in (sets.add, sets.delete, sets.test):
            with pytest.raises(ValueError, match="covers every address"):
                request("a", ip_network("0.0.0.0/0"))
        for name in ("", "a b", "x" * 32, "ü", "a\0"):
            with pytest.raises(ValueError, match="no name of a set"):
                sets.flush(name)

    def test_numbers_that_are_no_network(self, sets: Sets) -> None:
        """An error that names them, whatever the kernel would say."""
        sets.create("a", "inet")
        with pytest.raises(ValueError, match=r"203\.0\.113\.9/40: hash:net takes prefixes up to 32"):
            sets.add_key("a", (4, 0xCB007109, 40), 0)
        with pytest.raises(ValueError, match="2001:db8::/200: hash:net takes prefixes up to 128"):
            sets.add_key("a", (6, 0x20010DB8 << 96, 200), 0)
        with pytest.raises(error.SetMissingError, match=r'add 203\.0\.113\.9/24 to set "none"'):
            sets.add_key("none", (4, 0xCB007109, 24), 0)

    def test_socket_that_fails(self, sets: Sets, monkeypatch: pytest.MonkeyPatch) -> None:
        """Without memory for a message: an error of the kernel, as the caller expects it."""

        def full(*_arguments: object) -> int:
            raise OSError(errno.ENOBUFS, "No buffer space available")

        monkeypatch.setattr(sets._channel, "command", full)
        with pytest.raises(KernelError, match="ipset: No buffer space available; see dmesg") as found:
            sets.add("a", HOST, 0)
        assert found.value.errno == errno.ENOBUFS

    def test_several_threads(self, sets: Sets) -> None:
        """Answers never get to the wrong thread."""
        sets.create("a", "inet")
        problems: list[BaseException] = []

        def work(octet: int) -> None:
            try:
                for host in range(150):
                    network = ip_network(f"10.{octet}.0.{host}")
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

    def test_without_privilege(self, namespace: Namespace) -> None:
        """A user without CAP_NET_ADMIN gets told so."""
        program = (
            "import os; os.setuid(65534)\nfrom ideolab_f2b.kernel.ipset.sets import Sets\n"
            "try: Sets()\nexcept Exception as error: print(type(error).__name__, error)"
        )
        done = subprocess.run(
            namespace.command("/usr/bin/python3", "-c", program), capture_output=True, text=True, check=True
        )

        assert done.stdout == (
            "PermissionDeniedError ipset: permission denied; run as root or with CAP_NET_ADMIN\n"
        )


class FakeChannel:
    """A kernel that answers every request with one number."""

    answer: int | Exception = 0

    def __init__(self, protocol: int) -> None:
        self.is_closed = False

    def request(self, kind: int, payload: bytes, flags: int = 0) -> int:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def dump(self, kind: int, payload: bytes, flags: int = 0) -> Iterator[bytes]:
        self.request(kind, payload)
        return iter(())

    def close(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize(
    ("answer", "kind", "text"),
    [
        (errno.EINVAL, ModuleMissingError, "ipset: the kernel has no ip_set; load the kernel module"),
        (errno.EPERM, PermissionDeniedError, "ipset: permission denied; run as root or with CAP_NET_ADMIN"),
        (TimeoutError(), KernelError, "ipset: the kernel did not answer; "),
    ],
)
def test_kernel_without_ipset(
    monkeypatch: pytest.MonkeyPatch, answer: int | Exception, kind: type[KernelError], text: str
) -> None:
    """The first request tells whether there is anybody to ask."""
    monkeypatch.setattr(FakeChannel, "answer", answer)
    monkeypatch.setattr(ipset, "Channel", FakeChannel)

    with pytest.raises(kind) as caught:
        Sets()

    assert type(caught.value) is kind
    assert str(caught.value).startswith(text)


def test_silent_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer is a named error at each request, dumps too."""
    monkeypatch.setattr(ipset, "Channel", FakeChannel)
    sets = Sets()
    monkeypatch.setattr(FakeChannel, "answer", TimeoutError(errno.ETIMEDOUT, "the kernel did not answer"))

    for request in (lambda: sets.flush("a"), sets.names, lambda: sets.create("a", "inet")):
        with pytest.raises(KernelError) as caught:
            request()
        assert caught.value.errno == errno.ETIMEDOUT


def test_dump_without_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that ends a dump without a set has none."""
    monkeypatch.setattr(ipset, "Channel", FakeChannel)
    sets = Sets()

    with pytest.raises(error.SetMissingError):
        sets.header("a")
    with pytest.raises(error.SetError, match="ask for set type hash:net: no answer"):
        sets.create("a", "inet")
