"""manage.py import_connmon_events: stores events of fail2ban and connmon. Every minute, or --follow."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Optional

from django.core.management.base import CommandError, CommandParser
from django.db import Error as DatabaseFault
from django.utils.translation import gettext as _

from ideolab_accesslog.conf import conf
from ideolab_accesslog.events import offsets
from ideolab_accesslog.events.fault import describe
from ideolab_accesslog.events.file.rejects import RejectFile
from ideolab_accesslog.events.file.watch import FileWatch
from ideolab_accesslog.events.follow import Follower
from ideolab_accesslog.events.importer import BATCH, Importer
from ideolab_accesslog.events.store import ImportCounts
from ideolab_accesslog.management.scheduled import ScheduledCommand
from ideolab_accesslog.scheduler import runs_tests
from ideolab_f2b import notify


class Command(ScheduledCommand):
    help = (
        "Stores what is new in connmon_events.jsonl, each event once; safe at any time, as often as you like."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        way = parser.add_mutually_exclusive_group()
        way.add_argument("--once", action="store_true", help="store what is there, and end (the default)")
        way.add_argument("--follow", action="store_true", help="go on until SIGTERM, an event a second later")
        parser.add_argument("--file", help=f"the events (ACCESSLOG_EVENTS: {conf.ACCESSLOG_EVENTS})")
        parser.add_argument(
            "--reject-file",
            help=f"lines that are none (ACCESSLOG_EVENTS_REJECTS: {conf.ACCESSLOG_EVENTS_REJECTS})",
        )
        parser.add_argument("--batch", type=_count, default=BATCH, help=f"lines of a transaction ({BATCH})")

    def handle(
        self,
        *_args: Any,
        follow: bool,
        file: Optional[str],
        reject_file: Optional[str],
        batch: int,
        **_options: Any,
    ) -> None:
        """Import, and print what became of the lines."""
        path = Path(os.path.abspath(file or conf.ACCESSLOG_EVENTS))
        rejects = RejectFile(Path(reject_file or conf.ACCESSLOG_EVENTS_REJECTS))
        if runs_tests() and file is None:
            raise CommandError(f"{path} has the events of the site, and this process runs tests: see --file")
        if len(str(path)) > offsets.PATH_MAX:
            raise CommandError(f"--file: at most {offsets.PATH_MAX} characters")
        say = _make_say(self.stderr.write)
        if follow:
            self._follow(path, rejects, batch, say)
            return
        try:
            importer = Importer(path, rejects, say, batch)
            counts = importer.run()
            self._print(counts, importer.count_behind(), rejects)
        except OSError as error:
            raise CommandError(describe(error)) from error
        except DatabaseFault as error:
            raise CommandError(
                _("%(error)s; nothing is lost, the next run goes on") % {"error": describe(error)}
            ) from error

    def _follow(self, path: Path, rejects: RejectFile, batch: int, say: Callable[[str], None]) -> None:
        with contextlib.closing(FileWatch(path)) as watch:
            ending = threading.Event()
            importer = Importer(path, rejects, say, batch, ending.is_set)
            follower = Follower(importer, watch, notify.from_environment(), self.stderr.write, ending)
            with _until_signal(follower.end):
                counts = follower.run()
            self._print(counts, None, rejects)

    def _print(self, counts: ImportCounts, behind: Optional[int], rejects: RejectFile) -> None:
        line = _("imported %(imported)d, duplicates %(duplicates)d, rejected %(rejected)d") % counts._asdict()
        if behind is not None:
            line += _(", behind %(behind)d bytes") % {"behind": behind}
        self.stdout.write(line)
        if counts.unkept:
            self.stderr.write(
                f"{counts.unkept} rejected lines are kept nowhere else: {rejects.path} cannot be written; see"
                " --reject-file"
            )


def _make_say(write: Callable[[str], object]) -> Callable[[str], None]:
    """Return what writes each sentence once."""
    said: set[str] = set()

    def say(text: str) -> None:
        if text not in said:
            said.add(text)
            write(text)

    return say


@contextlib.contextmanager
def _until_signal(end: Callable[[], None]) -> Iterator[None]:
    """Have SIGTERM and SIGINT call `end`."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in kept:
        signal.signal(number, lambda *_of_signal: end())
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def _count(text: str) -> int:
    """Read a number of lines; 0 would import nothing."""
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 100000")
    return int(text)
