"""manage.py reconcile_firewall: compares the database's bans with the kernel and repairs what differs."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from ideolab_accesslog.firewall import reconcile
from ideolab_accesslog.management.scheduled import ScheduledCommand


class Command(ScheduledCommand):
    help = "Compares the bans of the database with the kernel, and repairs what differs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--dry-run", action="store_true", help="compare, change no ban")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        """Print what differs and repair it; exit code 1 when an address could not be compared or repaired."""
        lost = 0 if dry_run else reconcile.close_lost_calls()
        try:
            found = reconcile.compare()
        except reconcile.CannotCompareError as error:
            raise CommandError(f"cannot compare: {error}") from error
        self._show(found, lost)
        failed = len(found.unknown)
        for call in () if dry_run else reconcile.repair(found):
            for result in call.in_state("failed"):
                self.stderr.write(f"{call.action} {result.address}: {result.detail}")
                failed += 1
        if failed:
            raise CommandError(f"{failed} addresses could not be compared or repaired")

    def _show(self, found: reconcile.Comparison, lost: int) -> None:
        for address, until in found.missing.items():
            self.stdout.write(f"missing {address} until {until.isoformat() if until else 'for ever'}")
        for address in found.extra:
            self.stdout.write(f"extra {address}")
        for address, why in found.unknown.items():
            self.stderr.write(f"unknown {address}: {why}")
        counts = f"{len(found.missing)} missing, {len(found.extra)} extra, {len(found.unknown)} unknown"
        self.stdout.write(f"{found.asked} compared: {counts}; {lost} lost calls closed")
