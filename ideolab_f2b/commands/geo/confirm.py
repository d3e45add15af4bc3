"""The verb `geo confirm`."""

from __future__ import annotations

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the verb and its options."""
    parser.description = "It is not built yet."


def run(arguments: argparse.Namespace) -> int:
    """Say that it is not built yet; return 1."""
    raise ValueError("geo confirm is not built yet")
