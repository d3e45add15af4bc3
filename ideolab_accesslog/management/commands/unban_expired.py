"""manage.py unban_expired: lifts the bans whose time is over. Every few minutes, from cron or a timer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from ideolab_accesslog.firewall import expiry
from ideolab_accesslog.management.scheduled import ScheduledCommand


class Command(ScheduledCommand):
    help = "Lifts the bans whose time is over, in the database and in what the firewall still holds."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--dry-run", action="store_true", help="show the addresses, change nothing")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        """Unban and print how many; exit code 1 when the firewall failed."""
        if dry_run:
            return self._show()
        total, failures = 0, []
        for call in expiry.lift():
            total += len(call.in_state("done", "held", "skipped", "repeated", "pending"))
            failures += call.in_state("failed")
        for result in failures:
            self.stderr.write(f"{result.address}: {result.detail}")
        self.stdout.write(f"{total} expired bans lifted, {len(failures)} failed in the firewall")
        if failures:
            raise CommandError("the firewall did not lift all; reconcile_firewall tries again")

    def _show(self) -> None:
        total = 0
        for addresses in expiry.find_ended_bans(timezone.now()):
            total += len(addresses)
            self.stdout.write("\n".join(f"would unban {address}" for address in addresses))
        self.stdout.write(f"{total} expired bans; nothing was changed")
