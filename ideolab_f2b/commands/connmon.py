"""The verb `connmon`: its options, and the loop that they choose."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import TextIO

from ideolab_f2b import config, notify
from ideolab_f2b.commands.config_option import add_config_option
from ideolab_f2b.complaint import Complaint, complain_on_stderr
from ideolab_f2b.connmon import ss, watch
from ideolab_f2b.connmon.output import record, table
from ideolab_f2b.connmon.output.writer import TickOutput, Writer
from ideolab_f2b.connmon.suspects.detector import Detector
from ideolab_f2b.connmon.tick import PortTick


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = "Find idle and slow TLS connections among the kernel's TCP sockets."
    parser.add_argument(
        "--once", action="store_true", help="take two snapshots, at need up to four, then end"
    )
    parser.add_argument(
        "--every", type=_seconds, metavar="5s", help="time between snapshots (default: every_s)"
    )
    parser.add_argument("--snapshot", metavar="FILE", help="judge saved text of `ss -tnoi` (- = stdin)")
    parser.add_argument(
        "--explain", action="store_true", help="print every address, its phases, its score and why"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print suspects and write nothing, so nobody is banned"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object for each suspect")
    parser.add_argument(
        "--write", action="store_true", help="with --snapshot: write lines as the daemon would (bans follow)"
    )
    add_config_option(parser)


def _seconds(text: str) -> float:
    try:
        return config.duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


class Screen:
    """Prints each tick: the table with --explain, JSON with --json, the suspects' lines otherwise."""

    def __init__(self, file: TextIO, *, explain: bool, as_json: bool) -> None:
        self._file, self._explain, self._json = file, explain, as_json

    def write(self, ticks: list[PortTick]) -> None:
        """Print one tick, each line at once."""
        for text in self._format(ticks):
            print(text, file=self._file, flush=True)

    def _format(self, ticks: list[PortTick]) -> Iterator[str]:
        if self._explain and not self._json:
            yield table.format_table(ticks, max(10, shutil.get_terminal_size((80, 46)).lines - 6)) + "\n"
            return
        for tick in ticks:
            for suspect in tick.findings.suspects:
                if self._json:
                    yield record.format_json(suspect, tick.when)
                else:
                    yield record.format_line(suspect, tick.when, tick.port)


class SeveralOutputs:
    """Writes each tick to every output in turn."""

    def __init__(self, *outputs: TickOutput) -> None:
        self._outputs = outputs

    def write(self, ticks: list[PortTick]) -> None:
        """Write one tick; an output that fails says so itself."""
        for output in self._outputs:
            output.write(ticks)


def run(arguments: argparse.Namespace) -> int:
    """Run the loop that the options choose; return 0.

    ConfigError, SsTextError or OSError say why it cannot work.
    """
    settings = config.load(arguments.config)
    if arguments.every:
        settings = dataclasses.replace(
            settings, connmon=dataclasses.replace(settings.connmon, every_s=arguments.every)
        )
    if arguments.snapshot is not None:
        return _judge_file(arguments, settings)
    complaint, stop = complain_on_stderr("connmon"), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    output = _choose_output(arguments, settings.paths, complaint, is_dry=arguments.dry_run)
    watcher = watch.Watch(settings.connmon)
    if arguments.once:
        watch.run_once(watcher, output, stop)
    else:
        watch.run(watcher, output, stop, complaint, notify.from_environment())
    return 0


def _choose_output(
    arguments: argparse.Namespace, paths: config.Paths, complaint: Complaint, *, is_dry: bool
) -> TickOutput:
    outputs: list[TickOutput] = [] if is_dry else [Writer(paths, complaint)]
    if is_dry or arguments.explain or arguments.json or sys.stdout.isatty():
        outputs.append(Screen(sys.stdout, explain=arguments.explain, as_json=arguments.json))
    return SeveralOutputs(*outputs)


def _judge_file(arguments: argparse.Namespace, settings: config.Settings) -> int:
    """Judge a saved series as the daemon would have judged it; a single snapshot is enough for a suspect."""
    output = _choose_output(
        arguments, settings.paths, complain_on_stderr("connmon"), is_dry=not arguments.write
    )
    detectors = {port: Detector(settings.connmon) for port in settings.connmon.ports}
    skipped = 0
    lines, name = ss.read_lines(arguments.snapshot), arguments.snapshot
    snapshots = ss.read_snapshots(lines, settings.connmon.ports, name, time.time())
    first = list(itertools.islice(snapshots, len(detectors)))
    second = list(itertools.islice(snapshots, 1))
    for snapshot in itertools.chain(first, second, snapshots):
        findings = detectors[snapshot.port].judge(snapshot, is_only=not second)
        output.write([PortTick(snapshot.when, snapshot.port, findings, 0.0)])
        skipped += snapshot.skipped
    if skipped:
        print(f"connmon: {arguments.snapshot}: {skipped} lines are not rows of ss", file=sys.stderr)
    return 0
