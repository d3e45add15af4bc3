"""Datagrams of a real nginx, one to a line, as Python writes bytes."""

from __future__ import annotations

import ast
from pathlib import Path


def datagrams(name: str) -> list[bytes]:
    """Those of one recording."""
    text = (Path(__file__).parent / name).read_text()
    return [bytes(ast.literal_eval(line)) for line in text.splitlines()]
