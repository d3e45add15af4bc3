"""The verb `asn build`: makes the table of AS numbers from files."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import BinaryIO, Optional

from ideolab_f2b import columns, config
from ideolab_f2b.asn.build import BuildResult, build, find_old, format_day, read_stamp
from ideolab_f2b.asn.sources.kinds import KINDS
from ideolab_f2b.asn.sources.source_file import SourceFile
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.logline import quote
from ideolab_f2b.notation import as_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = (
        "Make the table of AS numbers from all given files together, or from those of [asn] files."
        " Their content says of which kind they are."
    )
    parser.add_argument(
        "--file",
        action="append",
        type=Path,
        metavar="PATH",
        help="a file of a vendor; can be repeated; - is standard input",
    )
    parser.add_argument("--source", choices=KINDS, help="kind of the files, where their content does not say")
    parser.add_argument(
        "--as",
        dest="number",
        type=_read_number,
        default=0,
        metavar="AS64500",
        help="whose networks a list is which does not say it",
    )
    parser.add_argument(
        "--force", action="store_true", help="also a table with less than half of what the old one has"
    )
    parser.add_argument(
        "--if-changed", action="store_true", help="do nothing where the files are those of the table"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config_option(parser)


def _read_number(word: str) -> int:
    try:
        return as_number.parse(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(arguments: argparse.Namespace) -> int:
    """Build the table; return 0. AsnTableError where a file is no good: the old table stays in force."""
    paths = arguments.file or config.load(arguments.config).asn.files
    if not paths:
        raise config.ConfigError(
            f"no file is given: --file PATH, or files = PATH below [asn] in {arguments.config};"
            " docs/asn.md says where to get one"
        )
    files = [SourceFile(path, arguments.source or "", arguments.number) for path in paths]
    if arguments.if_changed and _is_built(files, arguments.table):
        print(f"{arguments.table}: built from these files already")
        return 0
    done = build(files, arguments.table, is_forced=arguments.force, standard_input=_standard_input())
    if arguments.json:
        print(columns.format_json(_to_fields(arguments.table, done)))
        return 0
    for line in _describe(arguments.table, done):
        print(columns.printable(line))
    return 0


def _standard_input() -> Optional[BinaryIO]:
    return getattr(sys.stdin, "buffer", None)


def _is_built(files: list[SourceFile], table: Path) -> bool:
    old, stamp = find_old(table), read_stamp(files)
    return old is not None and bool(stamp) and old.stamp == stamp


def _describe(table: Path, done: BuildResult) -> list[str]:
    """Return one line about the table, and one for each file."""
    counts = done.counts
    return [
        f"{table}: {as_number.count(counts.systems)}, {counts.ranges4} networks of IPv4,"
        f" {counts.ranges6} of IPv6; data of {format_day(done.dated)}",
        *(_describe_file(one) for one in done.files),
    ]


def _describe_file(file: SourceFile) -> str:
    parts = [f"{file.kind} {quote(file.name)[1:-1]}: data of {format_day(file.dated)}"]
    if file.refusals.unannounced:
        parts.append(f"{file.refusals.unannounced} networks without an AS left out")
    if file.refusals.total:
        parts.append(f"{file.refusals.total} refused: {'; '.join(file.refusals.describe())}")
    return "; ".join(parts)


def _to_fields(table: Path, done: BuildResult) -> dict[str, object]:
    return {
        "table": str(table),
        "systems": done.counts.systems,
        "ranges4": done.counts.ranges4,
        "ranges6": done.counts.ranges6,
        "dated": round(done.dated),
        "files": [
            {
                "path": one.name,
                "kind": one.kind,
                "dated": round(one.dated),
                "unannounced": one.refusals.unannounced,
                "refused": one.refusals.by_reason,
            }
            for one in done.files
        ],
    }
