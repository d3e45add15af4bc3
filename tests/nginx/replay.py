"""Lines through a filter of the pack, read and matched by fail2ban's own code, in this process."""

from __future__ import annotations

import contextlib
import functools
import gzip
import logging
import warnings
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fail2ban.server.filter import Filter

with warnings.catch_warnings(), contextlib.suppress(ModuleNotFoundError):
    # now and without a word: fail2ban 1.0 imports modules that Python has deprecated since
    warnings.simplefilter("ignore", DeprecationWarning)
    import fail2ban.client.filterreader
    import fail2ban.server.filter  # noqa: F401

REPOSITORY = Path(__file__).resolve().parents[2]
LOGS = Path(__file__).parent / "logs"
_ADD = {"addfailregex": "addFailRegex", "addignoreregex": "addIgnoreRegex"}


class Jail(NamedTuple):
    """What of a jail decides: its filter and its numbers."""

    filter: str
    mode: str
    maxretry: int
    findtime: float


def quiet() -> None:
    """fail2ban writes a line of its own for each failure."""
    logging.getLogger("fail2ban").setLevel(logging.CRITICAL)


def matcher(name: str, mode: str = "", base: Path = REPOSITORY) -> Filter:
    """The filter as a jail would have it."""
    from fail2ban.server.filter import Filter

    found = Filter(None)
    configure(found, read(name, mode, base))
    # a saved line is not too old, and nobody is asked for a name
    found.checkFindTime = False
    found.setUseDns("no")
    return found


def read(name: str, mode: str, base: Path) -> list[list[Any]]:
    """The commands that a client would send for this filter."""
    from fail2ban.client.filterreader import FilterReader

    options = {"mode": mode} if mode else {}
    reader = FilterReader(name, "replay", options, share_config={}, basedir=str(base))
    reader.setBaseDir(str(base))
    if not reader.read():
        raise FileNotFoundError(f"there is no filter {name} in {base}")
    reader.getOptions(options)
    return list(reader.convert())


def configure(found: Filter, commands: Iterable[list[Any]]) -> None:
    """Set up a filter with a client's commands."""
    for command in commands:
        option, value = command[2], command[3]
        if option in _ADD:
            for regex in value if command[0] == "multi-set" else [value]:
                getattr(found, _ADD[option])(regex)
        elif option == "datepattern":
            found.setDatePattern(value)
        elif option == "prefregex":
            found.prefRegex = value
        elif option != "addjournalmatch":
            raise ValueError(f"{command}: the replay does not know it")


def failures(found: Filter, lines: Iterable[str]) -> Iterator[tuple[str, float]]:
    """(address, time) of each line that matches."""
    for line in lines:
        for _number, address, when, _data in found.processLine(line):
            yield str(address), float(when)


def hits(found: Filter, lines: Iterable[str]) -> Counter[str]:
    """{address: its failures}."""
    return Counter(address for address, _when in failures(found, lines))


def find_banned(jail: Jail, lines: Iterable[str]) -> set[str]:
    """The addresses that reach maxretry within findtime."""
    recent: dict[str, deque[float]] = defaultdict(deque)
    found = set()
    for address, when in failures(matcher(jail.filter, jail.mode), lines):
        times = recent[address]
        times.append(when)
        while times[0] < when - jail.findtime:
            times.popleft()
        if len(times) >= jail.maxretry:
            found.add(address)
    return found


@functools.cache
def lines(name: str) -> tuple[str, ...]:
    """A committed log, split as fail2ban splits: at line feeds only."""
    text = gzip.decompress((LOGS / f"{name}.gz").read_bytes()).decode("utf-8", "replace")
    return tuple(text.rstrip("\n").split("\n"))
