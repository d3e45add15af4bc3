"""A list in force that is replaced, lost, renewed, held by another backend, taken away."""

from __future__ import annotations

import errno
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from ideolab_f2b import files
from ideolab_f2b.geo.rule.in_force import CountryFirewall, Outcome
from ideolab_f2b.geo.rule.plan import KernelState, RuleProblemError
from ideolab_f2b.geo.rule.state import StateFiles
from tests.geo.rule.conftest import INSIDE, OUTSIDE, PORT, World, exempt_always, make_list
from tests.geo.rule.probes import probe

pytestmark = pytest.mark.root
WORDS = "allow FR, ES on TCP and UDP 443 (1 + 1 prefixes)"
#: what is in all lists, in none of them
LET_IN = ("198.51.100.7", "198.51.100.100", "2001:db8:c:1::7")
REFUSED = ("198.51.100.200", "203.0.113.9", "2001:db8:c:2::7")
#: two lists that have the same addresses of these, by other prefixes
LISTS = (
    make_list("198.51.100.0/25", "2001:db8:c:1::/64"),
    make_list("198.51.100.0/26", "198.51.100.64/26", "203.0.113.128/25", "2001:db8:c::/63"),
)
#: as many prefixes, of a newer list
RENEWED = ("198.51.100.0/26", "198.51.100.64/26", "203.0.113.64/26", "2001:db8:c::/64")


def test_replaced_under_probes(world: World, backend: str) -> None:
    """Not one of 2,000 datagrams gets another verdict while lists replace each other, on trial too."""
    firewall = world.firewall(backend, quic=True)
    with world.server.enter():
        firewall.apply(LISTS[0])

    def change(turn: int) -> None:
        if turn % 3 == 2:
            firewall.apply(LISTS[turn % 2], trial_s=600.0)
            firewall.confirm()
        else:
            firewall.apply(LISTS[turn % 2])

    sent, lost, leaked = probe(world.server, world.client, PORT, LET_IN, REFUSED, change, least=2000)

    assert (sent >= 2000, lost, leaked) == (True, 0, 0)


def test_lost_and_put_back(world: World, backend: str) -> None:
    """What somebody flushed is back at the next look; what was never confirmed is not."""
    firewall = world.firewall(backend, quic=True)
    with world.server.enter():
        firewall.apply(LISTS[0])
        assert firewall.restore() == Outcome("")
    flush = ("nft", "flush", "ruleset") if backend == "nft" else ("iptables", "-t", "raw", "-F")
    world.server.run(*flush)
    assert world.gets_in(OUTSIDE[0])

    with world.server.enter():
        assert firewall.restore() == Outcome(WORDS)
        one, state = firewall.look()
    assert one is not None
    assert (state.token, state.ports) == (one.token, (PORT,))
    assert not world.gets_in(OUTSIDE[0])
    assert world.gets_in(INSIDE[0])


def test_exempt_lost_and_put_back(world: World, backend: str) -> None:
    """Who flushes only those that are exempt has locked them out for a minute at most."""
    firewall = world.firewall(backend, exempt=(ip_network(OUTSIDE[0]), ip_network(OUTSIDE[1])))
    with world.server.enter():
        firewall.apply(LISTS[0])
    flushes = {
        "nft": ["nft flush chain inet ideolab_geo exempt"],
        "ipset": ["ipset flush ideolab_geo_exempt", "ipset flush ideolab_geo_exempt6"],
    }
    for flush in flushes[backend]:
        world.server.run(*flush.split())
        assert not all(world.gets_in(source) for source in OUTSIDE)

        with world.server.enter():
            assert firewall.restore().text != ""
            assert firewall.restore() == Outcome("")
        assert all(world.gets_in(source) for source in OUTSIDE)


def test_trial_at_a_boot(world: World, backend: str) -> None:
    """A boot in the middle of a trial brings the list before back, and forgets the trial."""
    firewall = world.firewall(backend)
    with world.server.enter():
        firewall.apply(LISTS[0])
        firewall.apply(make_list(policy="deny"), trial_s=600.0)
    # as a boot does
    with world.server.enter():
        world.server.run("nft", "flush", "ruleset")
        assert firewall.restore().text == "allow FR, ES on TCP 443 (1 + 1 prefixes)"
        assert firewall.look()[1].trial == ""
    assert StateFiles(world.directory).load("trial") is None


def test_renew(world: World, backend: str) -> None:
    """A newer list of the same countries replaces the one in force, on the ports that were confirmed."""
    with world.server.enter():
        world.firewall(backend).apply(make_list(built=10.0))
        firewall = world.firewall(backend, ports=(80,), quic=True)
        assert firewall.renew(make_list(built=10.0)) == Outcome("")
        assert firewall.renew(make_list(built=11.0, countries=("FR",))) == Outcome("")
        assert firewall.renew(make_list(built=11.0, policy="deny")) == Outcome("")
        with pytest.raises(RuleProblemError, match="has 6 prefixes of IPv4, the one in force 2"):
            firewall.renew(
                make_list(*(f"203.0.113.{2 * at}/32" for at in range(6)), "2001:db8:c::/64", built=11.0)
            )
        newer = make_list("203.0.113.0/24", "2001:db8:c:2::/64", built=11.0)
        assert firewall.renew(newer) == Outcome("allow FR, ES on TCP 443 (1 + 1 prefixes)")
        assert firewall.look()[1].ports == (443,)
    assert world.gets_in(OUTSIDE[1])
    assert not world.gets_in(INSIDE[0])


def test_settings_of_the_list_before(world: World, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk after the list was saved: whom it lets in is not refused by the old policy."""
    firewall = world.firewall(backend)
    write = files.replace

    def replace(path: Path, *given: object, **named: object) -> None:
        if path.name == "applied.json":
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        write(path, *given, **named)  # type: ignore[arg-type]

    with world.server.enter():
        firewall.apply(make_list("203.0.113.0/24", "2001:db8:c:2::/64", policy="deny", built=10.0))
        monkeypatch.setattr(files, "replace", replace)
        with pytest.raises(OSError, match="No space left"):
            firewall.apply(LISTS[0])
        # the timer finds it in force; after a boot it is there again
        assert firewall.restore().text == ""
        world.server.run("nft", "flush", "ruleset")
        outcome = firewall.restore()
    assert outcome.text == "allow FR, ES on TCP 443 (1 + 1 prefixes)"
    assert [text.partition(":")[0] for text in outcome.troubles] == ["what has changed is not remembered"]
    assert {source: world.gets_in(source) for source in (*INSIDE, *OUTSIDE)} == {
        **dict.fromkeys(INSIDE, True), **dict.fromkeys(OUTSIDE, False),
    }  # fmt: skip


def test_a_broken_file_is_made_anew(world: World, backend: str) -> None:
    """What was applied cannot be read: the way out that the error names works."""
    firewall = world.firewall(backend)
    with world.server.enter():
        firewall.apply(LISTS[0])
        (world.directory / "applied.json").write_text("{")
        with pytest.raises(RuleProblemError, match="geo apply makes it anew"):
            firewall.restore()

        assert firewall.apply(LISTS[1]).text == "allow FR, ES on TCP 443 (3 + 1 prefixes)"
        assert firewall.restore() == Outcome("")


def test_who_applied_it_stays_exempt(world: World, backend: str) -> None:
    """Also where fail2ban is down and knows no session: in a trial, after it, and in the list before."""
    firewall = world.firewall(backend)
    caller = ip_address(OUTSIDE[0])
    with world.server.enter():
        firewall.apply(LISTS[0])
        firewall.apply(LISTS[1], trial_s=600.0, peer=caller)
        # the timer
        firewall.restore()
    assert world.gets_in(OUTSIDE[0])
    with world.server.enter():
        firewall.confirm()
        firewall.restore()
        assert firewall.renew(make_list(*RENEWED, built=2000.0)).text != ""
        firewall.restore()
    assert world.gets_in(OUTSIDE[0])
    assert not world.gets_in(OUTSIDE[1])
    later = CountryFirewall(
        firewall.settings, StateFiles(world.directory), exempt_always, lambda: 2000.0 + 86_400.0
    )
    with world.server.enter():
        later.restore()
    assert not world.gets_in(OUTSIDE[0])


def test_other_backend(world: World) -> None:
    """The list is held anew before the old one goes; a trial is not begun over both."""
    with world.server.enter():
        world.firewall("ipset").apply(LISTS[0])
        other = world.firewall("nft")
        with pytest.raises(RuleProblemError, match="held by ipset, and nft is chosen now"):
            other.apply(LISTS[1], trial_s=60.0)
        other.apply(LISTS[1])
        assert world.firewall("ipset").look()[1].ports == (443,)
    assert world.server.run("ipset", "list", "-n") == ""
    assert "ideolab" not in world.server.run("iptables", "-t", "raw", "-S")
    assert not world.gets_in(OUTSIDE[0])


def test_remove(world: World, backend: str) -> None:
    """Nothing of it is left, and rules of others stay."""
    world.server.run("iptables", "-t", "raw", "-A", "PREROUTING", "-s", "203.0.113.99", "-j", "ACCEPT")
    before = world.server.run("iptables-save", "-t", "raw").splitlines()[1:-1]
    firewall = world.firewall(backend, quic=True)
    with world.server.enter():
        firewall.apply(LISTS[0])
        firewall.apply(LISTS[1], trial_s=600.0)
        assert firewall.remove() == Outcome(backend)
        assert firewall.remove() == Outcome("")
        assert firewall.look() == (None, KernelState())
        assert firewall.restore() == Outcome("")
    assert world.server.run("iptables-save", "-t", "raw").splitlines()[1:-1] == before
    assert world.server.run("ipset", "list", "-n") == ""
    assert "ideolab" not in world.server.run("nft", "list", "ruleset")
    assert world.gets_in(OUTSIDE[0])


def test_lists_that_are_not_put_in_force(world: World, backend: str) -> None:
    """A list that would refuse everybody of a family is none, nor is one where everybody is exempt."""
    firewall = world.firewall(backend)
    with world.server.enter():
        with pytest.raises(RuleProblemError, match="the list has no IPv6 prefix: everybody would be refused"):
            firewall.apply(make_list("198.51.100.0/24"))
        assert firewall.apply(make_list("198.51.100.0/24", policy="deny")).text.startswith("deny FR, ES")
        assert firewall.look()[1].ports == (443,)


def test_what_nft_shows_loads_again(world: World) -> None:
    """A ruleset that somebody saves with the list in it is taken by nft as it is."""
    firewall = world.firewall("nft", quic=True)
    with world.server.enter():
        firewall.apply(LISTS[1])
    saved = world.directory / "nftables.conf"
    saved.write_text("flush ruleset\n" + world.server.run("nft", "list", "ruleset"))

    world.server.run("nft", "-f", str(saved))

    with world.server.enter():
        assert firewall.restore() == Outcome("")
    assert not world.gets_in(OUTSIDE[0])
    assert world.gets_in(INSIDE[0])
