"""A firewall that was saved with the list in it loads at the next boot, whatever the list is by then."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.firewall.saved import rules
from ideolab_f2b.geo.rule import saved_sets
from ideolab_f2b.geo.rule.in_force import Outcome
from tests.geo.rule.conftest import INSIDE, OUTSIDE, World, make_list

pytestmark = pytest.mark.root


def save(world: World, root: Path) -> Path:
    """What netfilter-persistent saves."""
    path = root / "etc/iptables/rules.v4"
    path.parent.mkdir(parents=True)
    path.write_text(world.server.run("iptables-save"))
    return path


def boot(world: World) -> None:
    """Nothing is in the kernel."""
    for program in ("iptables", "ip6tables"):
        for table in ("raw", "mangle"):
            world.server.run(program, "-t", table, "-F")
            world.server.run(program, "-t", table, "-X")
    world.server.run("ipset", "destroy")


def test_saved_with_a_list(world: World, tmp_path: Path) -> None:
    """The saved rules load and refuse nobody; then the list is put back, and refuses whom it has to."""
    firewall = world.firewall("ipset", quic=True)
    with world.server.enter():
        firewall.apply(make_list())
    path = save(world, tmp_path)
    boot(world)

    with world.server.enter():
        assert saved_sets.make(tmp_path)
    world.server.run("iptables-restore", str(path))
    assert world.gets_in(OUTSIDE[0])

    with world.server.enter():
        assert firewall.restore() != Outcome("")
    assert [world.gets_in(source) for source in (*INSIDE, *OUTSIDE)] == [True, True, False, False]


def test_saved_and_removed(world: World, tmp_path: Path) -> None:
    """Rules of a list that was taken away load too; the command of `check` takes them out of the file."""
    firewall = world.firewall("ipset")
    with world.server.enter():
        firewall.apply(make_list())
        path = save(world, tmp_path)
        firewall.remove()
        assert saved_sets.make(tmp_path)
    world.server.run("iptables-restore", str(path))
    assert world.gets_in(OUTSIDE[0])

    (found,) = rules.find(tmp_path).rules
    world.server.run("sh", "-c", found.mend)

    assert "ideolab" not in path.read_text()
    world.server.run("iptables-restore", str(path))


def test_nothing_of_ours(world: World, tmp_path: Path) -> None:
    """A host that has saved no rule of the list gets no set."""
    save(world, tmp_path)
    with world.server.enter():
        assert not saved_sets.make(tmp_path)
    assert world.server.run("ipset", "list", "-n") == ""


def test_shown_by_nft(world: World) -> None:
    """nft loads what it shows of the chains once our lines are left out."""
    with world.server.enter():
        world.firewall("ipset", quic=True).apply(make_list())
    shown = world.server.run("nft", "list", "ruleset")
    path = world.directory / "nftables.conf"

    path.write_text("flush ruleset\n" + rules.without_ours(shown))

    assert "xt match" in shown
    world.server.run("nft", "-f", str(path))
    assert world.gets_in(OUTSIDE[0])
