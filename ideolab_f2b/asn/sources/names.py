"""Numbers and names of ASes as sources write them; names are whatever their holders registered."""

from __future__ import annotations

from collections.abc import Sized

from ideolab_f2b.asn.sources.refusals import RowError
from ideolab_f2b.notation import as_number
from ideolab_f2b.origin import field

#: ASes of one source; the world has 85,000 that announce something
MOST = 500_000
#: what a source writes where no AS announces a network
_NONE = ("", "0", "AS0", "-", "NA")


def parse_number(word: str) -> int:
    """Return the number of `64500` or `AS64500`, 0 for no AS; RowError for any other word."""
    text = word.strip()
    if text.upper() in _NONE:
        return 0
    try:
        return as_number.parse(f"AS{text}" if text.isdecimal() else text)
    except ValueError:
        raise RowError("no AS number") from None


class AsNames:
    """The ASes of one source: their numbers, and the first name of each, cleaned."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._names: dict[int, str] = {}

    def read_number(self, word: str) -> int:
        """Return parse_number(); most words come again and again."""
        known = self._numbers.get(word)
        if known is None:
            known = self._numbers[word] = parse_number(word)
            _require_few(self._numbers)
        return known

    def clean(self, number: int, name: object) -> str:
        """Return one printable line, "" where there is no name; ValueError for too many ASes."""
        known = self._names.get(number)
        if known is None:
            known = self._names[number] = field.name(name) or ""
            _require_few(self._names)
        return known


def _require_few(found: Sized) -> None:
    if len(found) > MOST:
        raise ValueError(f"it has more than {MOST} ASes, which the world does not")
