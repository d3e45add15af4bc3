"""A set with another maxelem, where all of it fits into one transaction and where it does not."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.ipset.error import SetFullError
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.sets import NftSets

pytestmark = pytest.mark.root
NETS = [ip_network(f"198.51.100.{number}") for number in range(200)]
WIDE = ip_network("203.0.113.0/24")


@pytest.mark.parametrize("capacity", [4 << 20, 6000])
def test_elements_and_rules_stay(
    sets: NftSets, namespace: Namespace, monkeypatch: pytest.MonkeyPatch, capacity: int
) -> None:
    """Also in a container of another user, whose socket sends little at once; nothing else is left."""
    sets.create("a_b", "inet", 500)
    sets.create_list("all")
    sets.link("all", "a_b")
    sets.add_many("a_b", [(each, 600) for each in NETS])
    sets.add("a_b", WIDE, 0)
    # what a process that was killed has left
    sets.create("a_b.new", "inet", 500)
    sets.link("all", "a_b.new")
    if capacity > 6000:
        sets.unlink("all", "a_b.new")
        sets.destroy("a_b.new")
    monkeypatch.setattr(NftChannel, "capacity", capacity)

    sets.resize("a_b", 1000, "a_b.new")

    found = {each.network: each.timeout_s for each in sets.elements("a_b")}
    assert found.keys() == {*NETS, WIDE}
    assert found[WIDE] is None
    assert all(590 < (found[each] or 0) <= 600 for each in NETS)
    assert sets.names() == ["a_b", "all"]
    assert sets.header("a_b").maxelem == 1000
    assert sets.is_linked("all", "a_b")
    assert namespace.run("nft", "list", "table", "inet", "ideolab").count("counter") == 2


@pytest.mark.parametrize("capacity", [4 << 20, 6000])
def test_less_room_than_elements(sets: NftSets, monkeypatch: pytest.MonkeyPatch, capacity: int) -> None:
    """It is refused, and all stays as it was."""
    sets.create("a_b", "inet", 500)
    sets.create_list("all")
    sets.link("all", "a_b")
    sets.add_many("a_b", [(each, 600) for each in NETS])
    monkeypatch.setattr(NftChannel, "capacity", capacity)

    with pytest.raises(SetFullError):
        sets.resize("a_b", 100, "a_b.new")

    assert sets.names() == ["a_b", "all"]
    assert sets.header("a_b").maxelem == 500
    assert len(list(sets.elements("a_b"))) == len(NETS)
    assert sets.is_linked("all", "a_b")
