"""A pass over real kernel sets, while fail2ban's list is ours: also at the worst moments."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any, Callable, Optional

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.reconcile import one_pass
from ideolab_f2b.actions.reconcile.one_pass import InterruptedPassError, Member, Pass, PassResult
from ideolab_f2b.firewall.backend import BACKENDS, KernelSets
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.kernel.ipset.element import Key, Network, key_of
from ideolab_f2b.kernel.ipset.error import SetFullError, SetTypeError

pytestmark = pytest.mark.root
A, B, C6 = ip_network("198.51.100.7"), ip_network("203.0.113.0/24"), ip_network("2001:db8:c::7")


class Ticket:
    """A ban of a network for so long."""

    def __init__(self, network: Network, left_s: int) -> None:
        self.network, self.seconds = network, left_s


class Book:
    """fail2ban's list of one jail; `before`: calls that come before the next questions of that name."""

    def __init__(self) -> None:
        self.bans: dict[Key, Ticket] = {}
        self.is_active, self.is_queued = True, False
        self.before: dict[str, list[Callable[[], None]]] = {"tickets": [], "holds": []}

    def put(self, network: Network, left_s: int = 600) -> None:
        self.bans[key_of(network)] = Ticket(network, left_s)

    def count(self) -> int:
        return len(self.bans)

    def tickets(self) -> dict[Key, Any]:
        self._now("tickets")
        return dict(self.bans)

    def holds(self, ticket: Any) -> bool:
        self._now("holds")
        return key_of(ticket.network) in self.bans

    def left_s(self, ticket: Any) -> int:
        return int(ticket.seconds)

    def _now(self, question: str) -> None:
        if self.before[question]:
            self.before[question].pop(0)()


class Scene:
    def __init__(self, kernel: KernelSets) -> None:
        self.book, self.kernel = Book(), kernel
        self.sets = JailSets(kernel, "jail", 1000)
        self.sets.place()
        self.refused: Optional[str] = None
        self.naps: list[float] = []
        self.going = True
        self.member = self.another(self.book)

    def another(self, book: Book) -> Member:
        """A jail of this book that uses the same set."""
        options = Options(set="jail", maxelem=1000)
        return Member("jail", book, lambda: options, lambda _network: self.refused, lambda _rules: None)

    def run(
        self, *others: Member, suspected: frozenset[Key] = frozenset(), may_lift: bool = True
    ) -> PassResult:
        members = [self.member, *others]
        return Pass(self.kernel, members, lambda: self.going, self.naps.append).run(suspected, may_lift)

    def held(self) -> dict[str, int | None]:
        """What the kernel holds, with the seconds of the beginning: up to ten of them may have passed."""
        return {
            str(found.network): found.timeout_s and -(-found.timeout_s // 10) * 10
            for name in ("jail", "jail6")
            for found in self.kernel.elements(name)
        }

    # as fail2ban does: the list first, the action then
    def ban(self, network: Network) -> None:
        self.book.put(network)
        self.sets.add(network, 600)

    def unban(self, network: Network) -> None:
        del self.book.bans[key_of(network)]
        self.sets.delete(network)


@pytest.fixture
def scene(lone: Namespace, backend_kernel: KernelSets) -> Iterator[Scene]:
    with lone.enter():
        yield Scene(backend_kernel)


def test_nothing_differs(scene: Scene) -> None:
    """A pass over what is well changes and counts nothing, and does not even wait."""
    scene.ban(A)

    assert scene.run() == PassResult({4: 0, 6: 0}, {4: 0, 6: 0}, frozenset())
    assert scene.naps == []


def test_flushed_sets(scene: Scene) -> None:
    """Elements come back with the time that is left, in both families."""
    for network in (A, B, C6):
        scene.ban(network)
    scene.book.put(B, 0)
    scene.sets.flush()

    assert scene.run() == PassResult({4: 2, 6: 1}, {4: 2, 6: 1}, frozenset())
    assert scene.held() == {"198.51.100.7/32": 600, "203.0.113.0/24": None, "2001:db8:c::7/128": 600}


def test_rule_of_one_length_is_gone(scene: Scene, lone: Namespace) -> None:
    """With nft each prefix length has a rule: one that somebody deletes is put back, the others stay."""
    scene.ban(A)
    scene.ban(B)
    if scene.kernel.backend == "ipset":
        assert scene.kernel.is_linked("ideolab_ban", "jail")
        return
    # on kernels without owners anybody may do this
    BACKENDS["nft"].release()
    told = lone.run("nft", "--handle", "list", "chain", "inet", "ideolab", "ideolab_ban").splitlines()
    (handle,) = (line.split()[-1] for line in told if "/24" in line)
    lone.run("nft", "delete", "rule", "inet", "ideolab", "ideolab_ban", "handle", handle)
    assert scene.kernel.members("ideolab_ban") == ["jail", "jail6"]

    with contextlib.closing(BACKENDS["nft"].open()) as scene.kernel:
        assert scene.run() == PassResult({4: 0, 6: 0}, {4: 1, 6: 0}, frozenset())
        assert scene.run() == PassResult({4: 0, 6: 0}, {4: 0, 6: 0}, frozenset())
    assert "/24 counter" in lone.run("nft", "list", "chain", "inet", "ideolab", "ideolab_ban")


def test_destroyed_sets(scene: Scene) -> None:
    """Sets, list and members are made again, then filled."""
    scene.ban(A)
    scene.ban(C6)
    scene.sets.remove()
    scene.sets.remove_list()

    outcome = scene.run()

    assert scene.kernel.members("ideolab_ban") == ["jail", "jail6"]
    # the set, its place in the list, the element
    assert outcome.repairs == {4: 3, 6: 3}
    assert len(scene.held()) == 2


def test_unlinked_set(scene: Scene) -> None:
    """A set that is full of bans and in no list drops nothing."""
    scene.kernel.unlink("ideolab_ban", "jail6")

    assert scene.run().repairs == {4: 0, 6: 1}
    assert scene.kernel.members("ideolab_ban") == ["jail", "jail6"]


def test_ticket_that_is_no_network(scene: Scene) -> None:
    """It is in fail2ban's list whatever we do: the others are put back all the same."""
    scene.ban(A)
    scene.book.bans[4, 0xCB007109, 40] = Ticket(A, 600)
    scene.book.bans[6, 0x20010DB8 << 96, 200] = Ticket(A, 600)
    scene.sets.flush()

    assert scene.run() == PassResult({4: 1, 6: 0}, {4: 1, 6: 0}, frozenset())
    assert scene.held() == {"198.51.100.7/32": 600}


def test_element_that_ends_too_early(scene: Scene) -> None:
    """Its time is put right."""
    scene.ban(A)
    scene.sets.add(A, 30)

    assert scene.run() == PassResult({4: 1, 6: 0}, {4: 1, 6: 0}, frozenset())
    assert scene.held() == {"198.51.100.7/32": 600}


def test_ban_that_is_just_being_made(scene: Scene) -> None:
    """In the list and not yet in the kernel at the first look: no drift, and nothing is counted."""
    scene.book.put(A)

    def carried_out() -> None:
        scene.sets.add(A, 600)

    scene.book.before["holds"] = [carried_out]
    assert scene.run() == PassResult({4: 0, 6: 0}, {4: 0, 6: 0}, frozenset())


def test_ban_that_was_just_lifted(scene: Scene) -> None:
    """Seen in the list, lifted before the second look: nothing is put back."""
    scene.book.put(A)
    scene.book.before["holds"] = [lambda: scene.unban(A)]

    assert scene.run().repairs == {4: 0, 6: 0}
    assert scene.held() == {}


def test_ban_that_is_lifted_while_it_is_put_back(scene: Scene) -> None:
    """fail2ban's unban comes before our add: the look after it takes the element out again."""
    scene.book.put(A)
    scene.book.before["holds"] = [
        lambda: None,  # the second look
        lambda: None,  # before the add
        lambda: scene.unban(A),  # after the add
    ]
    scene.run()

    assert scene.held() == {}


def test_ban_that_is_lifted_and_made_again_while_it_is_put_back(scene: Scene) -> None:
    """Whatever the order, the element is there at the end."""
    scene.book.put(A)
    scene.book.before["holds"] = [
        lambda: None,
        lambda: None,
        lambda: scene.unban(A),
        # we have deleted it for the second time: the new ban's element went with it
        lambda: scene.book.put(A),
    ]
    scene.run()

    assert scene.held() == {"198.51.100.7/32": 600}


def test_protected_address_is_never_put_back(scene: Scene) -> None:
    """In the list for the moment in which ban() refuses it; no element for that moment."""
    scene.book.put(A)
    scene.refused = "198.51.100.7 is an own address of this host"

    assert scene.run() == PassResult({4: 0, 6: 0}, {4: 0, 6: 0}, frozenset())
    assert scene.held() == {}


def test_stale_element_is_lifted_when_seen_twice(scene: Scene) -> None:
    """fail2ban holds no such ban, in two passes: somebody added the element by hand."""
    scene.ban(A)
    scene.sets.add(B, 0)
    scene.sets.add(C6, 600)

    first = scene.run()
    assert first == PassResult({4: 1, 6: 1}, {4: 0, 6: 0}, frozenset({key_of(B), key_of(C6)}))
    assert len(scene.held()) == 3

    second = scene.run(suspected=first.stale)
    assert second == PassResult({4: 1, 6: 1}, {4: 1, 6: 1}, frozenset())
    assert scene.held() == {"198.51.100.7/32": 600}


def test_stale_element_that_is_banned_in_between(scene: Scene) -> None:
    """It is no more stale in the second pass."""
    scene.sets.add(A, 600)
    first = scene.run()
    scene.ban(A)

    assert scene.run(suspected=first.stale) == PassResult({4: 0, 6: 0}, {4: 0, 6: 0}, frozenset())
    assert scene.held() == {"198.51.100.7/32": 600}


@pytest.mark.parametrize("question", [1, 2])
def test_stale_element_that_is_banned_while_it_is_lifted(scene: Scene, question: int) -> None:
    """Before the element is deleted, and after: the ban's element is there at the end."""
    scene.sets.add(A, 600)
    first = scene.run()
    steps: list[Callable[[], None]] = [lambda: None] * question
    scene.book.before["tickets"] = [*steps, lambda: scene.ban(A)]

    scene.run(suspected=first.stale)

    assert scene.held() == {"198.51.100.7/32": 600}


def test_stale_element_whose_ban_is_made_after_the_delete_only_in_the_list(scene: Scene) -> None:
    """fail2ban has it in its list and is about to add it: it is put back at once."""
    scene.sets.add(A, 600)
    first = scene.run()
    scene.book.before["tickets"] = [lambda: None, lambda: None, lambda: scene.book.put(A)]

    scene.run(suspected=first.stale)

    assert scene.held() == {"198.51.100.7/32": 600}


@pytest.mark.parametrize("why", ["queued", "young"])
def test_nothing_is_lifted_while_bans_are_restored(scene: Scene, why: str) -> None:
    """The kernel kept them over a restart, and fail2ban comes to them one by one."""
    scene.sets.add(A, 600)
    scene.book.is_queued = why == "queued"

    outcome = scene.run(suspected=frozenset({key_of(A)}), may_lift=why != "young")

    assert outcome == PassResult({4: 1, 6: 0}, {4: 0, 6: 0}, frozenset({key_of(A)}))
    assert scene.held() == {"198.51.100.7/32": 600}


def test_shared_set(scene: Scene) -> None:
    """What one jail holds is not stale because another one does not."""
    other = Book()
    other.put(A)
    scene.sets.add(A, 600)
    scene.ban(B)

    outcome = scene.run(scene.another(other), suspected=frozenset({key_of(A), key_of(B)}))

    assert outcome == PassResult({4: 0, 6: 0}, {4: 0, 6: 0}, frozenset())
    assert len(scene.held()) == 2


def test_stopping_jail_loses_nothing(scene: Scene) -> None:
    """fail2ban empties its list at a stop, the elements stay: an empty list then says nothing."""
    scene.sets.add(A, 600)

    def stop() -> None:
        scene.book.is_active = False

    scene.book.before["tickets"] = [stop]
    with pytest.raises(InterruptedPassError):
        scene.run(suspected=frozenset({key_of(A)}))
    assert scene.held() == {"198.51.100.7/32": 600}


def test_interruption(scene: Scene) -> None:
    """Who changes the jail does not wait for the end of a long pass."""
    scene.book.put(A)
    scene.going = False

    with pytest.raises(InterruptedPassError):
        scene.run()
    assert scene.held() == {}


def test_full_set_is_an_error(scene: Scene) -> None:
    """As it is at each ban; what fits is in."""
    for number in range(1200):
        scene.book.put(ip_network(0xCB007100 + number))

    with pytest.raises(SetFullError, match="the set is full"):
        scene.run()
    assert len(scene.held()) > 900


def test_set_of_another_type(scene: Scene) -> None:
    """Somebody made one of that name: an error that names it."""
    scene.sets.remove()
    scene.kernel.create("jail", "inet6")

    with pytest.raises(SetTypeError, match="jail"):
        scene.run()


def test_many(scene: Scene) -> None:
    """All of a large set come back, with rests for the threads that ban."""
    scene.sets.remove()
    big = Options(set="jail", maxelem=131072)
    member = Member("jail", scene.book, lambda: big, lambda _network: None, lambda _rules: None)
    for number in range(20_000):
        scene.book.put(ip_network(0x0A000000 + number))

    outcome = Pass(scene.kernel, [member], sleep=scene.naps.append).run()

    assert outcome.repairs == {4: 20_002, 6: 2}
    assert scene.kernel.header("jail").elements == 20_000
    assert len(scene.naps) >= 20_000 // one_pass.SLICE


def test_rules_are_no_business_of_a_pass(scene: Scene) -> None:
    """The member is told of rules by the reconcile thread alone."""
    told: list[Mapping[int, str]] = []
    options = Options(set="jail", maxelem=1000)
    member = Member("jail", scene.book, lambda: options, lambda _network: None, told.append)

    Pass(scene.kernel, [member], sleep=scene.naps.append).run()

    assert told == []
