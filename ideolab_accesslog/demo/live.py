"""Plays on while the throw-away site runs: some attackers more every few seconds, and fresh metrics."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from random import Random

from django.db import OperationalError, connections

from ideolab_accesslog.demo import attack, events, metrics

#: seconds between two turns
EVERY_S = 4.0


@contextmanager
def go_on(directory: Path, first: int, random: Random, every_s: float = EVERY_S) -> Iterator[None]:
    """Play on in a thread; `first` is the number of its first event, the metrics go into the directory."""
    stop = threading.Event()
    thread = threading.Thread(target=_play, args=(directory, first, random, stop, every_s), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _play(directory: Path, first: int, random: Random, stop: threading.Event, every_s: float) -> None:
    attackers = attack.Attackers(random)
    while not stop.wait(every_s):
        now = datetime.now(timezone.utc)
        lines = attack.make_next_lines(first, now, attackers)
        try:
            first += events.store_events(lines)
            metrics.write_files(directory, now, events.count_active(now), random)
        except OperationalError:
            # SQLite is busy: the next turn has other attackers
            continue
        finally:
            connections.close_all()
