"""A Lookup that asks a server on loopback, and nothing else in the world."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import pytest

from ideolab_f2b import config
from ideolab_f2b.origin.lookup import Lookup

#: (port, settings of [origin] that differ)
MakeFront = Callable[..., Lookup]


@pytest.fixture
def cache_path(tmp_path: Path) -> Path:
    """Where the cache of a test is."""
    return tmp_path / "connmon_cache.sqlite3"


@pytest.fixture
def make_front(cache_path: Path) -> Iterator[MakeFront]:
    """Closed at the end; ipwhois is never asked unless a test gives its own."""
    lookups = []

    def make(port: int, clocks: dict[str, Any] | None = None, **settings: Any) -> Lookup:
        given = {"cymru_host": "127.0.0.1", "cymru_port": port, "ipwhois": 0, "deadline_s": 60.0, **settings}
        lookups.append(Lookup(config.OriginSettings(**given), cache_path, **(clocks or {})))
        return lookups[-1]

    yield make
    for lookup in lookups:
        lookup.close()


@pytest.fixture
def refused_port() -> Iterator[int]:
    """A port of loopback where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]
