"""The option --table of the verbs that read or build the table of AS numbers."""

from __future__ import annotations

import argparse
from pathlib import Path

from ideolab_f2b.asn.table import DEFAULT_PATH


def add_table_option(parser: argparse.ArgumentParser) -> None:
    """Add --table FILE; the default is the host's own table."""
    parser.add_argument(
        "--table",
        type=Path,
        default=DEFAULT_PATH,
        metavar="FILE",
        help="table of AS numbers (default: %(default)s)",
    )
