"""The door of the jail of AS numbers, with fail2ban's own Jail and tickets."""

from __future__ import annotations

import time
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.jail import Jail
from fail2ban.server.ticket import BanTicket, FailTicket
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.actions.ban.admission import FORCED, Admission
from ideolab_f2b.actions.ban.asn.admission import AsAdmission, read
from ideolab_f2b.actions.ban.asn.prefixes import AsPrefixes
from ideolab_f2b.actions.ban.counts import BanCounts
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected.protected import Protected
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.actions.tickets import ban_manager
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.notation import as_number
from tests.asn import tables


class Ours(Protected):
    """Refuses 192.0.2.0/24."""

    def __init__(self) -> None:
        pass

    def admits(self, version: int, address: int, prefixlen: int) -> bool:
        return self.refusal(ip_network((address, prefixlen))) is None

    def refusal(self, network: Network) -> str | None:
        return f"{network} is ours" if str(network).startswith("192.0.2.") else None


def build(directory: Path) -> None:
    rows = [
        (64500, "ONE", ["198.51.100.0/24", "2001:db8::/32"]),
        (64501, "OWN", ["198.51.100.0/24", *(f"192.0.2.{number * 16}/29" for number in range(6))]),
        (64502, "BIG", ["10.0.0.0/9"]),
    ]
    tables.build(directory / "asn.sqlite3", rows)


class Scene:
    """A jail with our hooks; what fail2ban would ban is noted."""

    def __init__(self, directory: Path) -> None:
        self.jail: Any = Jail("scene", backend="polling")
        self.jail.actions.setBanTime("-1")
        self.counts, self.given = BanCounts(), list[Any]()
        self.jail.actions.addBannedIP = self.given.append
        options = Options(state=directory, cap=(1000, 1 << 33))
        self.admission = AsAdmission(
            AsPrefixes(lambda: options), self.jail, Ours(), self.counts, lambda _ticket: None
        )


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    build(tmp_path)
    return Scene(tmp_path)


def test_check(scene: Scene) -> None:
    """Its name as fail2ban shall have it, its networks, and how much that is."""
    found = scene.admission.check("as64500")

    assert (found.name, len(found.keys), found.is_forced) == ("AS64500", 2, False)
    assert found.detail == "2 prefixes, 256 IPv4 addresses and 4,294,967,296 /64 of IPv6"


def test_why_not(scene: Scene, tmp_path: Path) -> None:
    """The cap, which a person may lift; who is protected; a table that does not know."""
    cap = "AS64502 has 1 prefix, 8,388,608 IPv4 addresses: above the cap of 1,000 IPv4 addresses and "
    with pytest.raises(RefusedError, match=cap):
        scene.admission.check("AS64502")
    assert scene.admission.check("AS64502", is_forced=True).is_forced
    # what is within the cap needs no mark
    assert not scene.admission.check("AS64500", is_forced=True).is_forced
    own = (
        r"AS64501 is not banned: 192\.0\.2\.0/29 is ours; 192\.0\.2\.16/29 is ours; 192\.0\.2\.32/29 is ours$"
    )
    for is_forced in (False, True):
        with pytest.raises(RefusedError, match=own):
            scene.admission.check("AS64501", is_forced=is_forced)
    with pytest.raises(AsnTableError, match="AS64510 announces nothing in"):
        scene.admission.check("AS64510")
    (tmp_path / "asn.sqlite3").unlink()
    with pytest.raises(AsnTableError, match="ideolab-f2b asn build"):
        scene.admission.check("AS64500")


def test_examine(scene: Scene) -> None:
    """All reasons and the networks, and nothing is counted or banned."""
    assert len(scene.admission.examine("AS64501").refusals) == 6
    assert scene.admission.examine("AS64502").excess.startswith("AS64502 has 1 prefix")
    assert scene.admission.examine("198.51.100.7").refusals[0].startswith("'198.51.100.7' is no AS number")
    assert (scene.given, scene.counts.counts()["refused"]) == ([], 0)


def test_words_of_banip(scene: Scene) -> None:
    """Each in its own form; those that are refused keep none of the others out."""
    with pytest.raises(ValueError, match="Refused: 'AS64500;x' is no AS number"):
        scene.jail.actions.addBannedIP(["as64500", "AS64500;x"])

    assert scene.given == [["AS64500"]]


@pytest.mark.parametrize("identity", ["AS64500", "198.51.100.7", "AS0"])
def test_no_line_bans_an_as(scene: Scene, identity: str) -> None:
    """Whatever a filter finds: nothing comes in by a log."""
    scene.jail.putFailTicket(FailTicket(IPAddr(identity), time.time(), data={"ttl": "600"}))

    assert not scene.jail.hasFailTickets
    assert scene.counts.counts()["refused"] == 1


@pytest.mark.parametrize(("identity", "comes_back"), [("AS64500", True), ("as64500", False), ("600", False)])
def test_after_a_restart(scene: Scene, tmp_path: Path, identity: str, comes_back: bool) -> None:
    """What was banned comes back, also while there is no table."""
    (tmp_path / "asn.sqlite3").unlink()
    ticket = FailTicket(IPAddr(identity), time.time())
    ticket.restored = True
    scene.jail.putFailTicket(ticket)

    assert bool(scene.jail.hasFailTickets) is comes_back


def test_the_mark_of_an_order(scene: Scene) -> None:
    """A ban above the cap is found again by its ticket's own data."""
    ticket = BanTicket(IPAddr("AS64502"), time.time(), data={FORCED: True})
    with pytest.raises(RefusedError, match="above the cap"):
        scene.admission.keys(ticket.getID())
    ban_manager(scene.jail.actions).addBanTicket(ticket)

    assert len(scene.admission.keys(ticket.getID())) == 1


def test_unban_by_another_form(tmp_path: Path) -> None:
    """fail2ban finds a ban by its name exactly as it is."""
    build(tmp_path)
    removed: list[Any] = []
    jail: Any = Jail("scene", backend="polling")
    jail.actions.removeBannedIP = lambda ip=None, **_keywords: removed.append(ip)
    options = Options(state=tmp_path)
    AsAdmission(AsPrefixes(lambda: options), jail, Ours(), BanCounts(), lambda _ticket: None)

    for words in ("as64500", ["as64500", "x"], None):
        jail.actions.removeBannedIP(words)
    assert removed == ["AS64500", ["AS64500", "x"], None]


def test_an_as_in_another_jail() -> None:
    """It is no address there."""
    jail: Any = Jail("scene", backend="polling")
    given: list[Any] = []
    jail.actions.addBannedIP = given.append
    Admission(jail, Ours(), BanCounts(), lambda _ticket: None)

    with pytest.raises(ValueError, match="'AS64500' is no address and no network; nothing was banned"):
        jail.actions.addBannedIP("AS64500")
    assert given == []


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[aA][sS]?\d{0,14}.?")))
def test_any_word(word: str) -> None:
    """Nothing but AS1 to AS4294967295 comes through, and in one form."""
    try:
        number = read(word)
    except RefusedError as refused:
        assert str(refused).isprintable()
    else:
        assert 0 < number < 1 << 32
        assert as_number.text(number).lower() == word.lower()
