"""manage.py load_accesslog_spool: loads the files of the spool that no process holds. After a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from ideolab_accesslog.access.printable import describe_error
from ideolab_accesslog.access.sinks import spool_file
from ideolab_accesslog.access.sinks.spool_load import load
from ideolab_accesslog.conf import conf
from ideolab_accesslog.management.scheduled import ScheduledCommand
from ideolab_accesslog.scheduler import runs_tests


class Command(ScheduledCommand):
    help = "Load the files that ACCESSLOG_SINK = 'spool' left; safe at any time, as often as you like."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--directory", default=conf.ACCESSLOG_SPOOL, help="default: ACCESSLOG_SPOOL")

    def handle(self, *_arguments: Any, directory: str, **_options: Any) -> None:
        """Load each file that no process holds, and print how many rows."""
        if runs_tests() and Path(directory) == Path(conf.ACCESSLOG_SPOOL):
            raise CommandError(
                f"{directory} has the rows of the site, and this process runs tests: see --directory"
            )
        rows = files = 0
        try:
            for orphan in spool_file.orphans(Path(directory)):
                rows += load(orphan.path)
                files += 1
        except (DatabaseError, OSError) as error:
            raise CommandError(
                _("%(error)s; the files are kept") % {"error": describe_error(error)}
            ) from error
        self.stdout.write(_("%(rows)d rows from %(files)d files") % {"rows": rows, "files": files})
