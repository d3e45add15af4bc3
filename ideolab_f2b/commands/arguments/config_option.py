"""The option --config of the verbs that read settings: what is named must be there."""

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


def require_config(arguments: argparse.Namespace) -> None:
    """ConfigError for a file that --config names and that is not there; the host's own may be missing."""
    path = getattr(arguments, "config", None)
    if path not in (None, config.DEFAULT_PATH) and not path.exists():
        raise config.ConfigError(f"{path}: there is no such file (--config)")
