"""Waiting for a change of a file, with inotify and without."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from ideolab_accesslog.events.file.watch import FileWatch

#: seconds that no wait of these tests may take
LONG_S = 300.0


def test_a_change_ends_the_wait(tmp_path: Path) -> None:
    """A line, a new file and a rotation."""
    path = tmp_path / "events.jsonl"
    with closing(FileWatch(path, look_s=LONG_S)) as watch:
        assert watch.is_told
        path.write_text("1\n")
        watch.wait()
        with path.open("a") as file:
            file.write("2\n")
        watch.wait()
        path.rename(tmp_path / "events.jsonl.1")
        watch.wait()


def test_a_directory_that_is_made_anew_is_watched(tmp_path: Path) -> None:
    """Deleted, often with the same inode afterwards, or renamed; else each event would wait for a look."""
    path = tmp_path / "log" / "events.jsonl"
    with closing(FileWatch(path, poll_s=0.01, look_s=LONG_S)) as watch:
        watch.wait()
        for leave in (lambda: shutil.rmtree(path.parent), lambda: path.parent.rename(tmp_path / "old")):
            path.parent.mkdir()
            watch.wait(0.0)
            told = [watch.is_told]
            path.write_text("1\n")
            watch.wait()
            leave()
            watch.wait(0.0)
            watch.wait(0.0)
            assert [*told, watch.is_told] == [True, False]


def test_a_signal_ends_the_wait_and_the_pause(tmp_path: Path) -> None:
    """wake() from elsewhere; many of them fill nothing."""
    with closing(FileWatch(tmp_path / "x", look_s=LONG_S)) as watch:
        threading.Timer(0.05, watch.wake).start()
        watch.wait()
        for _ in range(100_000):
            watch.wake()
        watch.pause(LONG_S)


def test_without_inotify_the_time_ends_the_wait(tmp_path: Path) -> None:
    """As on another system, or where the directory is not there yet."""
    with closing(FileWatch(tmp_path / "none" / "x", poll_s=0.01)) as watch:
        assert not watch.is_told
        began = time.monotonic()
        watch.wait()
        assert time.monotonic() - began >= 0.01


def test_a_library_without_inotify(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as that of a BSD."""
    monkeypatch.setattr("ctypes.CDLL", lambda *_words, **_options: object())
    with closing(FileWatch(tmp_path / "x", poll_s=0.0)) as watch:
        watch.wait()
        assert not watch.is_told
