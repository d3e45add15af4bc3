"""What the bans of AS numbers hold, while the table changes below them."""

from __future__ import annotations

import logging
from ipaddress import ip_network
from pathlib import Path

import pytest

from ideolab_f2b import config
from ideolab_f2b.actions.ban.asn.announced import Announced
from ideolab_f2b.actions.ban.asn.prefixes import AsPrefixes
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.kernel.ipset.element import Key, key_of
from tests.asn import tables


def build(directory: Path, *networks: str) -> None:
    tables.build(directory / "asn.sqlite3", [(64500, "ONE", networks), (64501, "TWO", ["203.0.113.0/24"])])


def keys(*texts: str) -> list[Key]:
    return [key_of(ip_network(text)) for text in texts]


@pytest.fixture
def prefixes(tmp_path: Path) -> AsPrefixes:
    build(tmp_path, "198.51.100.0/24")
    options = Options(state=tmp_path, cap=(1000, 1000))
    return AsPrefixes(lambda: options)


def test_a_new_table_counts_at_once(prefixes: AsPrefixes, tmp_path: Path) -> None:
    """And what the ban ever held is told at its end, once."""
    assert list(prefixes.find(64500)) == keys("198.51.100.0/24")
    build(tmp_path, "198.51.100.0/25", "2001:db8::/64")

    assert list(prefixes.find(64500)) == keys("198.51.100.0/25", "2001:db8::/64")
    assert prefixes.take_networks(64500) == set(keys("198.51.100.0/24", "198.51.100.0/25", "2001:db8::/64"))
    assert prefixes.take_networks(64500) == set()


@pytest.mark.parametrize("content", [None, b"", b"junk" * 1000])
def test_a_table_that_is_gone_or_broken(
    prefixes: AsPrefixes, tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    """A ban goes on as it was, which is said once; one that was never known is an error."""
    before = prefixes.find(64500)
    table = tmp_path / "asn.sqlite3"
    table.unlink()
    if content is not None:
        table.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        assert [prefixes.find(64500) for _ in range(3)] == [before] * 3

    assert caplog.text.count("AS64500 is banned as before: ") == 1
    with pytest.raises(AsnTableError, match="ideolab-f2b asn build"):
        prefixes.find(64501)


def test_an_as_that_vanished(prefixes: AsPrefixes, tmp_path: Path) -> None:
    """A cut table must not end a ban."""
    before = prefixes.find(64500)
    build(tmp_path)

    assert prefixes.find(64500) == before


def test_growth_above_the_cap(prefixes: AsPrefixes, tmp_path: Path) -> None:
    """The ban stays as it was; one that was forced follows."""
    before = prefixes.find(64500)
    build(tmp_path, "198.18.0.0/15")

    assert prefixes.find(64500) == before
    options = Options(state=tmp_path, cap=(1000, 1000))
    assert list(AsPrefixes(lambda: options).find(64500, is_forced=True)) == keys("198.18.0.0/15")
    with pytest.raises(RefusedError, match=r"AS64500 has 1 prefix, 131,072 IPv4 addresses: above the cap"):
        AsPrefixes(lambda: options).find(64500)


def test_the_cap_of_ipv6(prefixes: AsPrefixes, tmp_path: Path) -> None:
    """In /64."""
    build(tmp_path, "2001:db8::/52")

    with pytest.raises(RefusedError, match=r"AS64500 has 1 prefix, 4,096 /64 of IPv6: above the cap"):
        prefixes.find(64500)


def test_in_words() -> None:
    """As an answer says it."""
    assert str(Announced((), 0, 0)) == "0 prefixes, no address"
    assert str(Announced(tuple(keys("198.51.100.0/24")), 256, 0)) == "1 prefix, 256 IPv4 addresses"


def test_a_typing_error_in_f2b_conf(
    prefixes: AsPrefixes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses no ban that comes back: that would end it."""

    def fail() -> config.Settings:
        raise config.ConfigError("/etc/ideolab/f2b.conf: [asn] cap = 'many'")

    monkeypatch.setattr(config, "load", fail)
    options = Options(state=tmp_path)

    with pytest.raises(AsnTableError, match=r"the cap is not known: /etc/ideolab/f2b\.conf"):
        AsPrefixes(lambda: options).find(64500)
