"""Distinct paths in a sliding window: one process alone, several through a cache, and a cache that fails."""

from __future__ import annotations

import logging
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache.backends.filebased import FileBasedCache
from django.test import override_settings

from demo.lab.child import REPOSITORY, environment
from ideolab_accesslog.traship.window import Window, own_name
from tests.lab.redis import Redis

ALICE = "198.51.100.7"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def shared(tmp_path: Path) -> Any:
    """Settings with a cache that several processes could use."""
    backend = "django.core.cache.backends.filebased.FileBasedCache"
    with override_settings(CACHES={"default": {"BACKEND": backend, "LOCATION": str(tmp_path)}}):
        yield


def test_a_path_counts_once() -> None:
    """However often it is asked for; again when it has left the window."""
    clock = Clock()
    window = Window(clock)

    assert [window.add_path(ALICE, path, 1) for path in ("/a", "/b", "/a")] == [True, True, False]
    assert window.add_points(ALICE, 2) == 2
    clock.now += 601
    assert window.add_points(ALICE, 0) == 0
    assert window.add_path(ALICE, "/a", 1)


def test_it_slides() -> None:
    """Old paths leave one by one; no moment forgets all of them."""
    clock = Clock()
    window = Window(clock)
    for number in range(10):
        window.add_path(ALICE, f"/{number}", 1)
        clock.now += 100

    assert window.add_points(ALICE, 0) == 5


def test_hits_are_counted_with_repetitions() -> None:
    """Until a window after the first."""
    clock = Clock()
    window = Window(clock)

    assert [window.add_hits(ALICE, 3), window.add_hits(ALICE, 2)] == [3, 5]
    clock.now += 601
    assert window.add_hits(ALICE, 1) == 1


def test_two_processes_count_together(shared: Any) -> None:
    """What one has seen is not new to the other, and the points add up."""
    clock = Clock()
    one, other = Window(clock), Window(clock)

    assert one.add_path(ALICE, "/a", 1)
    assert one.add_points(ALICE, 1) == 1
    assert not other.add_path(ALICE, "/a", 1)
    assert other.add_path(ALICE, "/b", 1)
    assert other.add_points(ALICE, 1) == 2
    assert one.add_hits(ALICE, 1) == 1
    assert other.add_hits(ALICE, 1) == 2
    assert one.find_returning([ALICE, "198.51.100.8"]) == {ALICE}


def test_the_sites_own_404s_are_counted_apart(shared: Any) -> None:
    """They add no points to the address; who comes back to them is found as well."""
    one, other = Window(), Window()
    name = own_name(ALICE)
    for window in (one, other):
        window.add_path(name, "item/<int:pk>/", 1)
        window.add_hits(name, 1)
    one.add_points(name, 1)

    assert (other.add_points(name, 0), other.add_points(ALICE, 0)) == (1, 0)
    assert one.find_returning([ALICE, "198.51.100.8"]) == {ALICE}


def test_a_cache_that_fails(
    shared: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each process counts alone, and says so once."""

    def fail(*_arguments: Any, **_options: Any) -> None:
        raise OSError("no cache")

    monkeypatch.setattr(FileBasedCache, "add", fail)
    monkeypatch.setattr(FileBasedCache, "get_many", fail)
    window = Window()

    with caplog.at_level(logging.WARNING, "ideolab_accesslog"):
        assert [window.add_path(ALICE, path, 1) for path in ("/a", "/b", "/a")] == [True, True, False]
        assert window.add_points(ALICE, 2) == 2
    assert len(caplog.records) == 1


def test_the_sites_cache_is_not_filled(shared: Any, tmp_path: Path) -> None:
    """A scanner has thousands of paths; a hundred of an address are enough to know it."""
    window = Window()
    for number in range(300):
        window.add_path(ALICE, f"/{number}", 1)

    assert window.add_points(ALICE, 300) == 300
    assert len(list(tmp_path.glob("*.djcache"))) <= 102


def test_memory_is_bounded() -> None:
    """The addresses and paths that were seen longest ago are forgotten first."""
    window = Window()
    for number in range(6000):
        window.add_path(f"2001:db8::{number:x}", "/a", 1)

    assert not window.add_path("2001:db8::176f", "/a", 1)
    assert window.add_path("2001:db8::1", "/a", 1)


@pytest.fixture
def redis() -> Iterator[str]:
    server = Redis()
    yield server.url
    server.remove()


_PROCESS = textwrap.dedent(
    """
    import sys
    from django.conf import settings
    settings.configure(CACHES={"default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": sys.argv[1]}})
    from ideolab_accesslog.traship.window import Window, own_name
    window = Window()
    paths = [f"/{number}" for number in range(60)]
    new = [path for path in paths if window.add_path("198.51.100.7", path, 1)]
    print(len(new), window.add_points("198.51.100.7", len(new)), window.add_hits("198.51.100.7", 60))
    """
)


@pytest.mark.needs("redis-server")
def test_real_processes_at_once(redis: str) -> None:
    """Four processes see the same sixty paths: sixty are new, and the last sum is sixty points, 240 hits."""
    children = [
        subprocess.Popen(
            [sys.executable, "-c", _PROCESS, redis],
            stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env=environment(),
        )
        for _ in range(4)
    ]  # fmt: skip
    told = [child.communicate(timeout=180)[0].split() for child in children]

    assert sum(int(new) for new, _score, _hits in told) == 60
    assert max(int(score) for _new, score, _hits in told) == 60
    assert max(int(hits) for _new, _score, hits in told) == 240
