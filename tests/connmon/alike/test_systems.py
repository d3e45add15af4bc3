"""systems: autonomous systems from a cache that is only read."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from ideolab_f2b.config import OriginSettings
from ideolab_f2b.connmon.alike import systems
from ideolab_f2b.connmon.alike.systems import CachedSystems, know_nothing
from ideolab_f2b.origin.cache import Cache
from ideolab_f2b.origin.origin import Origin
from ideolab_f2b.origin.results import LookupResults

V4, NEXT, V6 = b"\xc6\x33\x64\x07", b"\xc6\x33\x64\x08", b"\x20\x01\x0d\xb8\x00\x00\x00\x01"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A cache that somebody else has filled."""
    settings, path = OriginSettings(), tmp_path / "cache.sqlite3"
    cache = Cache(path, settings.cache_s, settings.unknown_s, LookupResults())
    cache.put(
        [
            (
                ipaddress.ip_address("198.51.100.9"),
                Origin("", "64500", "X", "FR", "198.51.100.0/24", "cymru"),
            ),
            (ipaddress.ip_address("2001:db8::9"), Origin("", "64501", "Y", "DE", "2001:db8::/32", "cymru")),
            (ipaddress.ip_address("203.0.113.9"), Origin("", None, None, None, None, "none")),
        ]
    )
    cache.close()
    return path


def test_what_the_cache_knows(path: Path) -> None:
    """A network that was looked up answers for all its addresses; who is not there is left out."""
    found = CachedSystems(path, OriginSettings()).find([V4, V6, b"\xcb\x00\x71\x09", b"\x0a\x00\x00\x01"])

    assert found == {V4: "64500", V6: "64501"}


def test_so_many_at_a_time(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones."""
    monkeypatch.setattr(systems, "MOST", 1)

    assert CachedSystems(path, OriginSettings()).find([V4, NEXT]) == {V4: "64500"}


def test_no_cache(tmp_path: Path) -> None:
    """Nobody has looked anything up yet: nothing is known, and no file is made."""
    path = tmp_path / "cache.sqlite3"

    assert CachedSystems(path, OriginSettings()).find([V4]) == know_nothing([V4]) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_broken_cache_stays_as_it_is(path: Path) -> None:
    """It belongs to another program, which will move it aside."""
    path.write_bytes(b"no database" * 1000)

    assert CachedSystems(path, OriginSettings()).find([V4]) == {}
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    assert path.read_bytes() == b"no database" * 1000
