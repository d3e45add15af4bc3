"""manage.py cleanup_accesslog: deletes what is older than it may get. Once a day."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Optional

from django.core.management.base import CommandParser
from django.db.models import QuerySet
from django.utils import timezone

from ideolab_accesslog import retention
from ideolab_accesslog.management.scheduled import ScheduledCommand

#: (option, what is deleted, its rows)
_TABLES: tuple[tuple[str, str, Callable[[datetime], QuerySet[Any]]], ...] = (
    ("accesslog_days", "requests", retention.requests),
    ("traship_days", "addresses of TrashIP", retention.addresses),
    ("offence_days", "offences", retention.offences),
    ("event_days", "events", retention.events),
    ("event_count_days", "counts of an hour's events", retention.event_hours),
    ("event_count_days", "counts of a day's bans", retention.event_days),
    ("firewall_days", "firewall actions", retention.actions),
)


class Command(ScheduledCommand):
    help = "Deletes old rows in short transactions. Banned addresses stay, and so does the audit by default."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--dry-run", action="store_true", help="count, delete nothing")
        parser.add_argument(
            "--accesslog-days", type=_days, default=30, help="delete requests older than this (30)"
        )
        parser.add_argument(
            "--traship-days", type=_days, default=180, help="delete addresses not seen for so long (180)"
        )
        parser.add_argument(
            "--offence-days", type=_days, default=90, help="delete offences older than this (90)"
        )
        parser.add_argument("--event-days", type=_days, default=90, help="delete events older than this (90)")
        parser.add_argument(
            "--event-count-days",
            type=_days,
            default=400,
            help="delete counts of events older than this (400)",
        )
        parser.add_argument(
            "--firewall-days", type=_days, help="delete actions older than this (default: never)"
        )
        parser.add_argument("--batch", type=_days, default=retention.BATCH, help="rows in one transaction")

    def handle(self, *_args: Any, dry_run: bool, batch: int, **options: Any) -> None:
        """Delete from each table that has a number of days, and print how many rows."""
        for option, what, rows_before in _TABLES:
            days: Optional[int] = options[option]
            if days is None:
                continue
            rows = rows_before(timezone.now() - timedelta(days=days))
            count = rows.count() if dry_run else sum(retention.delete(rows, batch))
            verb = "would be deleted" if dry_run else "deleted"
            self.stdout.write(f"{count} {what} older than {days} days {verb}")


def _days(text: str) -> int:
    """Read a whole number of days or rows; 0 is refused, it would empty the table."""
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 100000")
    return int(text)
