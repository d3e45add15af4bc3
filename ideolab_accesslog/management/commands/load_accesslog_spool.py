"""`manage.py load_accesslog_spool`: what the spool holds, into the database, now."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from ideolab_accesslog.access.sinks import segment
from ideolab_accesslog.access.sinks.load import load
from ideolab_accesslog.conf import conf


class Command(BaseCommand):
    help = "Load the files that ACCESSLOG_SINK = 'spool' left; safe at any time, as often as you like."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--directory", default=conf.ACCESSLOG_SPOOL, help="default: ACCESSLOG_SPOOL")

    def handle(self, *_arguments: Any, directory: str, **_options: Any) -> None:
        rows = files = 0
        try:
            for orphan in segment.orphans(Path(directory)):
                rows += load(orphan.path)
                files += 1
        except (DatabaseError, OSError) as error:
            raise CommandError(_("%(error)s; the files are kept") % {"error": error}) from error
        self.stdout.write(_("%(rows)d rows from %(files)d files") % {"rows": rows, "files": files})
