"""manage.py security_demo: fills the tables with a played attack, for a look at the dashboard."""

from __future__ import annotations

import argparse
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any, Optional

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ideolab_accesslog.demo import events, metrics, store

EVENTS = 3000
#: fewer show no attack; more are a test of the database, not a look
EVENTS_SPAN = range(100, 50_001)


class Command(BaseCommand):
    help = (
        "Fills the tables with a played attack, so that the security dashboard has something to show. Its "
        "addresses are nobody's, no firewall is told, and --remove takes out exactly its rows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--remove", action="store_true", help="take the played attack out again")
        parser.add_argument(
            "--events", type=_count, default=EVENTS, help=f"how many events, 100 to 50000 ({EVENTS})"
        )
        parser.add_argument("--seed", type=int, default=1, help="another number is another attack (1)")
        parser.add_argument("--force", action="store_true", help="although the site has events of its own")
        parser.add_argument(
            "--metrics-dir",
            type=Path,
            metavar="DIR",
            help="also write metrics there, for the cards; the setting ACCESSLOG_METRICS_DIR must name it",
        )

    def handle(
        self,
        *_args: Any,
        remove: bool,
        events: int,
        seed: int,
        force: bool,
        metrics_dir: Optional[Path],
        **_options: Any,
    ) -> None:
        """Fill the tables, or with --remove empty them of the played attack, and print how many rows."""
        try:
            if remove:
                self._remove(metrics_dir)
            else:
                self._fill(events, seed, force, metrics_dir)
        except (metrics.ForeignFileError, OSError) as error:
            raise CommandError(f"--metrics-dir: {error}") from error

    def _fill(self, count: int, seed: int, force: bool, metrics_dir: Optional[Path]) -> None:
        if not force and events.has_real_events():
            raise CommandError(
                "this site has events of its own, and whoever looks at the dashboard would take the played "
                "attack for a real one; use another database (docs/dashboard.md), or --force"
            )
        if metrics_dir is not None:
            metrics.require_own(metrics_dir)
        now = datetime.now(timezone.utc)
        amounts = store.fill(count, now, seed)
        if metrics_dir is not None:
            random = Random(seed)  # noqa: S311 (no secret is made)
            metrics.write_files(metrics_dir, now, events.count_active(now), random)
        self.stdout.write(f"{_format(amounts)} stored; --remove takes them out again")

    def _remove(self, metrics_dir: Optional[Path]) -> None:
        self.stdout.write(f"{_format(store.remove())} removed")
        if metrics_dir is not None:
            self.stdout.write(f"{metrics.remove_files(metrics_dir)} files of metrics removed")


def _format(amounts: store.Amounts) -> str:
    words = (
        "{events} events, {requests} requests, {offences} offences, {addresses} addresses, {actions} actions"
    )
    return words.format(**amounts._asdict())


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) not in EVENTS_SPAN:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 100 to 50000")
    return int(text)
