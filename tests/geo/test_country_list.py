"""The list, and the file that keeps it."""

from __future__ import annotations

import os
import stat
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

import pytest

from ideolab_f2b.geo import country_list, country_table
from ideolab_f2b.geo.country_list import CountryList, CountryListError, Prefixes

FOUR = [IPv4Network("198.51.100.0/26"), IPv4Network("198.51.100.96/27")]
SIX = [IPv6Network("2001:db8:1::/48"), IPv6Network("2001:db8:2:7::/64")]


def make_list(policy: str = "allow") -> CountryList:
    """Make a list of two prefixes in each family."""
    families = {
        version: Prefixes.make(version, [(int(one.network_address), one.prefixlen) for one in networks])
        for version, networks in ((4, FOUR), (6, SIX))
    }
    return CountryList(policy, ("FR", "GB"), "tor: /geoip", 1782362039.0, 1795989110.5, families)


def test_the_prefixes_are_a_sequence_of_pairs() -> None:
    """Of whole numbers, sliced as any sequence is."""
    one = make_list()

    assert [IPv4Network(prefix) for prefix in one.prefixes(4)] == FOUR
    assert [IPv6Network(prefix) for prefix in one.prefixes(6)] == SIX
    assert (len(one.prefixes(6)), one.prefixes(6)[-1]) == (2, (int(SIX[1].network_address), 64))
    assert list(one.prefixes(6)[1:]) == [one.prefixes(6)[1]]
    assert (one.prefixes(4).count_addresses(), one.prefixes(6).count_addresses()) == (96, 65537)


@pytest.mark.parametrize(
    ("address", "is_listed"),
    [
        ("198.51.100.0", True), ("198.51.100.63", True), ("198.51.100.64", False), ("198.51.99.255", False),
        ("198.51.100.127", True), ("198.51.100.128", False), ("0.0.0.0", False), ("255.255.255.255", False),
        ("::ffff:198.51.100.7", True), ("::ffff:198.51.100.64", False), ("::198.51.100.7", False),
        ("2001:db8:1::", True), ("2001:db8:1:ffff:ffff:ffff:ffff:ffff", True), ("2001:db8:2::", False),
        ("2001:db8:2:7::9", True), ("2001:db8:2:8::", False), ("::", False),
    ],
)  # fmt: skip
def test_what_is_listed_and_what_is_refused(address: str, is_listed: bool) -> None:
    """A list that allows refuses what is not on it, one that denies what is."""
    one = ip_address(address)

    assert make_list().has_address(one) is is_listed
    assert make_list("allow").is_refused(one) is not is_listed
    assert make_list("deny").is_refused(one) is is_listed


def test_the_file_holds_the_list(tmp_path: Path) -> None:
    """For all to read, whatever the umask is, in a directory that is made."""
    path, before = tmp_path / "geo" / "list", os.umask(0o077)
    try:
        country_list.save(make_list(), path)
    finally:
        os.umask(before)
    found = country_list.load(path)

    assert (found.policy, found.countries, found.source) == ("allow", ("FR", "GB"), "tor: /geoip")
    assert (found.dated, found.built) == (1782362039.0, 1795989110.5)
    assert [list(found.prefixes(version)) for version in (4, 6)] == [
        list(make_list().prefixes(version)) for version in (4, 6)
    ]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert [one.name for one in path.parent.iterdir()] == ["list"]


def test_a_list_that_is_missing_names_the_way_out(tmp_path: Path) -> None:
    """What to type."""
    with pytest.raises(CountryListError) as caught:
        country_list.load(tmp_path / "list")

    assert str(caught.value) == f"there is no country list ({tmp_path}/list); sudo ideolab-f2b geo build"


def test_who_is_not_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is told to build anew what only root can read."""

    def deny(path: Path, _magic: bytes) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("ideolab_f2b.geo.saved_file.read", deny)
    for load in (country_list.load, country_table.load):
        with pytest.raises(ValueError, match=r"^\[Errno 13\] Permission denied: '/root/list'$"):
            load(Path("/root/list"))


def test_every_cut_and_every_changed_byte_is_seen(tmp_path: Path) -> None:
    """A list with one wrong bit would let in or keep out the wrong people."""
    path = tmp_path / "list"
    country_list.save(make_list(), path)
    whole = path.read_bytes()
    for at in range(0, len(whole), 3):
        for content in (whole[:at], whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :]):
            path.write_bytes(content)
            with pytest.raises(
                CountryListError, match=f"^{path} .*; sudo ideolab-f2b geo build makes it anew$"
            ):
                country_list.load(path)


def test_a_link_or_a_pipe_is_no_list(tmp_path: Path) -> None:
    """Neither is followed nor waited for."""
    country_list.save(make_list(), tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(CountryListError):
            country_list.load(tmp_path / name)
