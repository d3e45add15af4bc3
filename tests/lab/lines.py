"""Lines of our logs as connmon and the app write them, for tests that play these programs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Union

from ideolab_f2b import logline

_MUTE = MappingProxyType({"mute": 240})


def suspect(address: str, ago_s: float = 0.0, phases: Mapping[str, int] = _MUTE, ttl: int = 0) -> str:
    """Return a line of connmon.log about an address or a network; `phases` count its connections.

    `ttl` are the seconds of its ban, 0 = those of the jail.
    """
    plain: dict[str, Union[int, str]] = {"scope": "ip", "score": 5}
    if "/" in address:
        plain = {"scope": "net", "score": 4, "addresses": 61}
    plain.update(connections=240, **phases, port=443)
    if ttl:
        plain["ttl"] = ttl
    return logline.format_line(_find_time(ago_s), "connmon", "suspect", address, plain)


def by_hand(network: str, ttl: str, ago_s: float = 0.0, *, is_exact: bool = False) -> str:
    """Return a line of manual.log as a person writes it, in whole seconds; `is_exact`: as programs do."""
    line = logline.format_line(_find_time(ago_s), "manual", "ban", network, {"ttl": ttl}, {"actor": "alice"})
    return line if is_exact else drop_fraction(line)


def drop_fraction(line: str) -> str:
    """Return the line with whole seconds, as fail2ban reads them: no time of a ban is measured from it."""
    return re.sub(r"\.\d{3}", "", line, count=1)


def format_date() -> str:
    """Return the date of now, in whole seconds, as our lines begin with it."""
    return f"{_find_time():%Y-%m-%dT%H:%M:%S%z}"


def _find_time(ago_s: float = 0.0) -> datetime:
    return datetime.now(timezone.utc) - timedelta(seconds=ago_s)


def write_lines(log: Path, *lines: str) -> None:
    """Add the lines to a log by one write()."""
    logline.append_all(log, lines)
