"""The option --config of the verbs that read settings."""

from __future__ import annotations

import argparse
from pathlib import Path

from ideolab_f2b import config


def add_config_option(parser: argparse.ArgumentParser) -> None:
    """Add --config FILE; the default is the host's own settings."""
    parser.add_argument(
        "--config",
        type=Path,
        default=config.DEFAULT_PATH,
        metavar="FILE",
        help="settings (default: %(default)s)",
    )
