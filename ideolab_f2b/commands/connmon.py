"""The verb `connmon`: its options, and the loop that they choose."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import datetime
import itertools
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Optional, TextIO

from ideolab_f2b import config, notify
from ideolab_f2b.commands.arguments import times
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.complaint import Complaint, complain_on_stderr
from ideolab_f2b.connmon import ss, watch
from ideolab_f2b.connmon.alike.systems import CachedSystems
from ideolab_f2b.connmon.containers.look import Containers
from ideolab_f2b.connmon.observe import days_file, report
from ideolab_f2b.connmon.observe.summary import DailySummary
from ideolab_f2b.connmon.output import record, table
from ideolab_f2b.connmon.output.status import NOBODY_IS_BANNED
from ideolab_f2b.connmon.output.table import TableFormat
from ideolab_f2b.connmon.output.worst import WorstMoments
from ideolab_f2b.connmon.output.writer import TickOutput, Writer
from ideolab_f2b.connmon.pressure.alert import age_s
from ideolab_f2b.connmon.pressure.gauge import PressureGauge
from ideolab_f2b.connmon.suspects.detector import Detector
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.namespaces.ask import OpenerLink
from ideolab_f2b.namespaces.coverage import AUTO
from ideolab_f2b.namespaces.namespace import SOCKET
from ideolab_f2b.places import ALERT

#: lines of a terminal beside the rows of a table
_OTHER_LINES = 6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = "Find idle and slow TLS connections among the kernel's TCP sockets."
    parser.add_argument(
        "--once",
        action="store_true",
        help="take two snapshots, at need up to four, print what was found, then end",
    )
    parser.add_argument(
        "--every", type=times.seconds, metavar="5s", help="time between snapshots (default: every_s)"
    )
    parser.add_argument("--snapshot", metavar="FILE", help="judge saved text of `ss -tnoi` (- = stdin)")
    parser.add_argument(
        "--explain",
        action="store_true",
        help="print a table: every address, what it does, its score and why; of several snapshots the worst",
    )
    writing = parser.add_mutually_exclusive_group()
    writing.add_argument(
        "--dry-run", action="store_true", help="print suspects and write nothing, so nobody is banned"
    )
    writing.add_argument(
        "--write",
        action="store_true",
        help="write lines as the daemon does, and bans follow: --once, --explain, --json and --snapshot only"
        " look without it",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each suspect")
    parser.add_argument(
        "--summary", action="store_true", help="print what the daemon saw today and yesterday, then end"
    )
    add_config_option(parser)


class Screen:
    """Prints each tick: the table with --explain, JSON with --json, the suspects' lines otherwise.

    With `is_look` the table comes at the end, and once: that of the worst tick.
    """

    def __init__(self, file: TextIO, *, explain: bool, as_json: bool, is_look: bool = False) -> None:
        self._file, self._explain, self._json = file, explain, as_json
        self._worst = WorstMoments() if is_look and explain and not as_json else None

    def write(self, ticks: list[PortTick]) -> None:
        """Print one tick, each line at once."""
        for text in self._format(ticks):
            print(text, file=self._file, flush=True)

    def close(self) -> None:
        """Print the table of the worst tick, where there is one."""
        if self._worst is not None:
            print(self._worst.format(), file=self._file, flush=True)

    def _format(self, ticks: list[PortTick]) -> Iterator[str]:
        if self._worst is not None:
            for tick in ticks:
                self._worst.add(tick, _measure_terminal(self._file))
            return
        if self._explain and not self._json:
            yield table.format_table(ticks, _measure_terminal(self._file)) + "\n"
            return
        for tick in ticks:
            for suspect in tick.findings.suspects:
                if self._json:
                    yield record.format_json(suspect, tick.when, tick.findings.pressure, tick.namespace)
                else:
                    yield record.format_line(suspect, tick.when, tick.port, namespace=tick.namespace)


def _measure_terminal(file: TextIO) -> TableFormat:
    """Return the size of the terminal (COLUMNS and LINES count before it); a pipe has that of TableFormat."""
    plain = TableFormat()
    size = shutil.get_terminal_size((plain.width, plain.rows + _OTHER_LINES))
    has_colour = file.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
    return TableFormat(max(40, size.columns), max(10, size.lines - _OTHER_LINES), has_colour)


class SeveralOutputs:
    """Writes each tick to every output in turn."""

    def __init__(self, *outputs: TickOutput) -> None:
        self._outputs = outputs

    def write(self, ticks: list[PortTick]) -> None:
        """Write one tick; an output that fails says so itself."""
        for output in self._outputs:
            output.write(ticks)

    def close(self) -> None:
        """Close every output."""
        for output in self._outputs:
            output.close()


class EndWithLogs:
    """Ends the daemon once its directory is gone: systemd makes it and starts the daemon anew."""

    def __init__(
        self, directory: notify.SandboxDirectory, stop: threading.Event, complaint: Complaint
    ) -> None:
        self._directory, self._stop, self._complaint = directory, stop, complaint

    def write(self, _ticks: list[PortTick]) -> None:
        """Look whether the directory can still be written."""
        if self._directory.is_lost():
            self._complaint.say(f"{self._directory.path} was deleted or is read-only: a new start is needed")
            self._stop.set()

    def close(self) -> None:
        """Do nothing: nothing is open."""


def run(arguments: argparse.Namespace) -> int:
    """Run the loop that the options choose; return 0.

    ConfigError, SsTextError or OSError say why it cannot work.
    """
    settings = config.load(arguments.config)
    if arguments.every:
        settings = dataclasses.replace(
            settings, connmon=dataclasses.replace(settings.connmon, every_s=arguments.every)
        )
    if arguments.summary:
        return _print_summary(settings, as_json=arguments.json)
    if arguments.snapshot is not None:
        return _judge_file(arguments, settings)
    complaint, stop = complain_on_stderr("connmon"), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    is_dry = _only_looks(arguments)
    is_observing = settings.connmon.observe and not is_dry
    if is_observing:
        complaint.say(f"{NOBODY_IS_BANNED}; suspects are written to {settings.paths.observed_log}")
    systems = CachedSystems(settings.paths.origin_cache, settings.origin)
    containers = _make_containers(settings, systems, is_look=arguments.once)
    output = _choose_output(arguments, settings, complaint, is_dry=is_dry, containers=containers)
    if is_dry and not arguments.dry_run:
        print(
            "connmon: a look: nothing is written, nobody is banned; --write does both",
            file=sys.stderr,
        )
    # the intake writes beside its socket, wherever that is
    alert = partial(age_s, settings.intake.socket.with_name(Path(ALERT).name))
    watcher = watch.Watch(
        settings.connmon,
        systems=systems.find,
        measure_of=lambda port, connmon: PressureGauge(port, connmon, alert=alert).measure,
        containers=containers,
    )
    with contextlib.closing(output):
        if arguments.once:
            watch.run_once(watcher, output, stop)
            if watcher.problem:
                complaint.say(watcher.problem)
        else:
            notifier = notify.from_environment()
            logs = notify.SandboxDirectory(settings.paths.log_dir, notifier)
            outputs = SeveralOutputs(output, EndWithLogs(logs, stop, complaint))
            watch.run(watcher, outputs, stop, complaint, notifier, is_observing=is_observing)
    return 0


def _make_containers(
    settings: config.Settings, systems: CachedSystems, *, is_look: bool
) -> Optional[Containers]:
    """Return what looks into containers; None where the setting says that nobody does.

    A look reads calm containers too: it is to show them.
    """
    words = settings.connmon.containers
    if not words:
        return None
    link = OpenerLink()
    return Containers(
        settings.connmon,
        link.ask,
        link.ask_addresses,
        systems=systems.find,
        above=0 if is_look else None,
        # the directory stays while the service is stopped
        is_wanted=any(word != AUTO for word in words) or Path(SOCKET).parent.is_dir(),
    )


def _only_looks(arguments: argparse.Namespace) -> bool:
    """Return whether nothing is written: who wants to see something must not ban by that."""
    is_look = arguments.once or arguments.explain or arguments.json or arguments.snapshot is not None
    return bool(arguments.dry_run or (is_look and not arguments.write))


def _print_summary(settings: config.Settings, *, as_json: bool) -> int:
    path = settings.paths.connmon_summary
    days = days_file.read(path)
    if not days:
        raise FileNotFoundError(f"there is no {path} yet: connmon writes it once a minute")
    if as_json:
        print(report.format_json(days, settings.connmon))
    else:
        print(report.format_summary(days, settings.connmon, datetime.date.today()))
    return 0


def _choose_output(
    arguments: argparse.Namespace,
    settings: config.Settings,
    complaint: Complaint,
    *,
    is_dry: bool,
    containers: Optional[Containers] = None,
) -> TickOutput:
    outputs: list[TickOutput] = []
    if not is_dry:
        outputs += _choose_files(arguments, settings, complaint, containers)
    if is_dry or arguments.explain or arguments.json or sys.stdout.isatty():
        is_look = arguments.once or arguments.snapshot is not None
        outputs.append(Screen(sys.stdout, explain=arguments.explain, as_json=arguments.json, is_look=is_look))
    return SeveralOutputs(*outputs)


def _choose_files(
    arguments: argparse.Namespace,
    settings: config.Settings,
    complaint: Complaint,
    containers: Optional[Containers],
) -> list[TickOutput]:
    paths, is_observing = settings.paths, settings.connmon.observe
    if arguments.snapshot is not None:
        # what was saved on another day, or on another host, is nothing that was seen here today
        return [Writer(paths, complaint, is_observing=is_observing)]
    summary = DailySummary(paths.connmon_summary, complain_on_stderr("connmon"), is_observing=is_observing)
    writer = Writer(
        paths, complaint, is_observing=is_observing, note=summary.note_suspects, containers=containers
    )
    return [writer, summary]


def _judge_file(arguments: argparse.Namespace, settings: config.Settings) -> int:
    """Judge a saved series as the daemon would have judged it; a single snapshot is enough for a suspect."""
    output = _choose_output(arguments, settings, complain_on_stderr("connmon"), is_dry=_only_looks(arguments))
    detectors = {port: Detector(settings.connmon) for port in settings.connmon.ports}
    skipped = 0
    lines, name = ss.read_lines(arguments.snapshot), arguments.snapshot
    snapshots = ss.read_snapshots(lines, settings.connmon.ports, name, time.time())
    first = list(itertools.islice(snapshots, len(detectors)))
    second = list(itertools.islice(snapshots, 1))
    with contextlib.closing(output):
        for snapshot in itertools.chain(first, second, snapshots):
            findings = detectors[snapshot.port].judge(snapshot, is_only=not second)
            output.write([PortTick(snapshot.when, snapshot.port, findings, 0.0)])
            skipped += snapshot.skipped
    if skipped:
        print(f"connmon: {arguments.snapshot}: {skipped} lines are not rows of ss", file=sys.stderr)
    return 0
