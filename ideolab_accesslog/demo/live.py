"""Plays on while the throw-away site runs: as on a host, new lines in the file of events, and the import."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from random import Random

from django.db import OperationalError, connections

from ideolab_accesslog.demo import attack, events, metrics
from ideolab_accesslog.demo.project import EVENTS, REJECTS
from ideolab_accesslog.events.file.rejects import RejectFile
from ideolab_accesslog.events.importer import Importer

#: seconds between two turns
EVERY_S = 4.0


@contextmanager
def go_on(directory: Path, first: int, random: Random, every_s: float = EVERY_S) -> Iterator[None]:
    """Play on in a thread; `first` is the number of its first event, all files are in the directory."""
    stop, is_running = threading.Event(), threading.Event()
    arguments = (directory, first, random, stop, is_running, every_s)
    thread = threading.Thread(target=_play, args=arguments, daemon=True)
    thread.start()
    # the first import has been by then: the page never says that there is none
    is_running.wait(every_s)
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _play(
    directory: Path,
    first: int,
    random: Random,
    stop: threading.Event,
    is_running: threading.Event,
    every_s: float,
) -> None:
    attackers = attack.Attackers(random)
    importer = Importer(directory / EVENTS, RejectFile(directory / REJECTS), _complain)
    while not stop.is_set():
        now = datetime.now(timezone.utc)
        first += _append(directory / EVENTS, attack.make_next_lines(first, now, attackers))
        try:
            importer.run()
            metrics.write_files(directory, now, events.count_active(now), random)
        except OperationalError:
            # SQLite is busy: the next turn imports these lines too
            pass
        finally:
            connections.close_all()
        is_running.set()
        stop.wait(every_s)


def _complain(text: str) -> None:
    print(text, file=sys.stderr)


def _append(path: Path, lines: list[attack.Line]) -> int:
    with path.open("a", encoding="ascii") as file:
        file.writelines(f"{json.dumps(line)}\n" for line in lines)
    return len(lines)
