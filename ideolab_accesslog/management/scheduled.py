"""What the commands have in common that cron or a timer runs: a line that says what is wrong, and no more."""

from __future__ import annotations

from typing import Any, Optional

from django.core.management.base import BaseCommand, CommandError
from django.db import Error as DatabaseFault

from ideolab_accesslog.events.fault import describe


class ScheduledCommand(BaseCommand):
    """A command that runs by itself; an error of the database ends it with one line and the way out."""

    # a warning of any app each minute is noise in a journal, and an error of one no reason to stop
    requires_system_checks = ()

    def execute(self, *args: Any, **options: Any) -> Optional[str]:
        """Run the command."""
        try:
            printed: Optional[str] = super().execute(*args, **options)
        except DatabaseFault as error:
            raise CommandError(describe(error)) from error
        return printed
