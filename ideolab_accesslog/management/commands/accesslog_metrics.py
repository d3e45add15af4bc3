"""manage.py accesslog_metrics: writes ideolab_accesslog.prom for node_exporter. Every minute."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from ideolab_accesslog.events import behind
from ideolab_accesslog.management.scheduled import ScheduledCommand
from ideolab_accesslog.metrics import exposition
from ideolab_accesslog.scheduler import runs_tests

OUTPUT = "/var/lib/node_exporter/textfile_collector/ideolab_accesslog.prom"


class Command(ScheduledCommand):
    help = "Writes the app's metrics for the textfile collector of node_exporter."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--output", default=OUTPUT, help=f"the file; - prints ({OUTPUT})")

    def handle(self, *_args: Any, output: str, **_options: Any) -> None:
        """Write the file, or print it with `--output -`."""
        if runs_tests() and output == OUTPUT:
            raise CommandError(
                f"{output} has the metrics of the site, and this process runs tests: see --output"
            )
        text = exposition.render([*exposition.collect(), *behind.collect()])
        if output == "-":
            self.stdout.write(text, ending="")
            return
        try:
            exposition.write(Path(output), text)
        except OSError as error:
            raise CommandError(f"{error}; see --output") from error
