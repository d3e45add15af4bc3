"""What becomes of a backend, a rule or a clock that fails: the rest is put all the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from itertools import count
from typing import Any, Optional

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.boot import force
from ideolab_f2b.firewall.backends.ipset import IpsetBackend
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
HERE = ip_network("198.51.100.7")
THERE = ip_network("2001:db8::/64")


class Fake(IpsetBackend):
    """Real sets; rules that are only noted, or that fail."""

    def __init__(self, problem: str = "", error: str = "") -> None:
        super().__init__()
        self.problem, self.error = problem, error
        self.placed: list[tuple[object, ...]] = []

    def find_problem(self) -> str:
        return self.problem

    def place(self, version: int, hook: str = "") -> Optional[str]:
        if self.error and version == 6:
            raise RuleError(self.error)
        self.placed.append((version, hook))
        return None

    def put_ports(self, version: int, scopes: Mapping[str, PortScope], hook: str = "") -> int:
        self.placed.append((version, hook, *(f"{name} {scope}" for name, scope in scopes.items())))
        return 1


@pytest.fixture
def inside(lone: Namespace) -> Iterator[None]:
    with lone.enter():
        yield


def jail(name: str, **given: Any) -> JailRecord:
    return JailRecord(name, name, 64, **given)


@pytest.mark.usefixtures("inside")
def test_rules_of_the_jails(lone_kernel: Sets) -> None:
    """The hook that all want, and the ports of those that have some."""
    backend = Fake()
    jails = [jail("a", hook="input"), jail("b", hook="input", scope="port", ports=(25,))]

    done = force.put(jails, {"a": [(HERE, 60), (THERE, 0)]}, {"ipset": backend})

    assert done == force.PlacedBans(2, ("ipset",), ())
    assert backend.placed == [(4, "input"), (4, "input", "b 25/tcp"), (6, "input"), (6, "input", "b 25/tcp")]
    assert lone_kernel.members("ideolab_ban") == ["a", "a6"]
    assert lone_kernel.members("ideolab_ban_port") == ["b", "b6"]
    assert [each.timeout_s for each in lone_kernel.elements("a6")] == [None]


@pytest.mark.usefixtures("inside")
def test_jails_that_want_different_hooks() -> None:
    """The one that covers more wins, as in fail2ban."""
    backend = Fake()

    force.put([jail("a", hook="input"), jail("b")], {}, {"ipset": backend})

    assert backend.placed == [(4, "prerouting"), (6, "prerouting")]


@pytest.mark.usefixtures("inside")
def test_a_backend_that_does_not_work() -> None:
    """Another one that does holds the bans; fail2ban chooses it too."""
    broken, works = Fake("no iptables"), Fake()

    done = force.put(
        [jail("a", backend="nft"), jail("b")], {"a": [(HERE, 60)]}, {"nft": broken, "ipset": works}
    )

    assert done == force.PlacedBans(
        1, ("ipset",), ("nft has held the bans and does not work: no iptables; ipset is used",)
    )
    assert works.placed == [(4, "prerouting"), (6, "prerouting")]


@pytest.mark.usefixtures("inside")
def test_a_backend_that_is_not_known() -> None:
    """A later version has written it down; nothing is left that could hold the bans."""
    done = force.put([jail("a", backend="nft")], {}, {})

    assert done == force.PlacedBans(0, (), ("nft has held the bans and does not work: nft is not known",))


@pytest.mark.usefixtures("inside")
def test_a_rule_that_is_refused() -> None:
    """The other family has its own, and the elements are there for fail2ban's."""
    backend = Fake(error="no raw table")

    done = force.put([jail("a")], {"a": [(THERE, 60)]}, {"ipset": backend})

    assert done == force.PlacedBans(
        1, ("ipset",), ("no rule drops what is in the sets of inet6: no raw table",)
    )


@pytest.mark.usefixtures("inside")
def test_elements_that_take_too_long() -> None:
    """The boot goes on, and says what is missing."""
    ticks = count(0, 10)

    done = force.put(
        [jail("a"), jail("b")], {"a": [(HERE, 60)], "b": [(HERE, 60)]}, {"ipset": Fake()}, lambda: next(ticks)
    )

    assert done == force.PlacedBans(1, ("ipset",), ("set b: up to 1 of 1 elements took too long",))
