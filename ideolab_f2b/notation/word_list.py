"""The text of a list -> its networks, its host names, and what is neither."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ideolab_f2b.notation import host_name, networks
from ideolab_f2b.notation.networks import Network

#: words that are no entry which are kept to be shown
PROBLEMS = 1000
_REMARK = re.compile(r"#.*|(?:^|\s)(?:;|//).*")
_SEPARATORS = re.compile(r"[,;]")
_DASHES = ("-", "\u2013")
_ADDRESS = re.compile(r"(?=[0-9A-Fa-f]*[.:])[0-9A-Fa-f.:]+")
_END_OF_RANGE = re.compile(rf"\d{{1,3}}|{_ADDRESS.pattern}")


class Problem(NamedTuple):
    """A word that protects nobody, and where it stands."""

    line: int
    word: str
    why: str


class WordList(NamedTuple):
    """What a list says."""

    networks: tuple[Network, ...] = ()
    names: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


#: a list without entries
NOTHING = WordList()


def parse(text: str) -> WordList:
    """Read all lines; a word that is no entry is a problem, and the others count. Pure.

    Entries stand between blanks, commas, semicolons or line ends. What stands behind #, and behind ; or //
    with a blank before it, is a remark.
    """
    found: list[Network] = []
    names: dict[str, None] = {}
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        for word in _words(_REMARK.sub("", line)):
            try:
                found += networks.read(word)
            except ValueError as error:
                name = host_name.read(word)
                if name:
                    names[name] = None
                elif len(problems) < PROBLEMS:
                    problems.append(Problem(number, word[: networks.LENGTH], str(error)))
    return WordList(tuple(found), tuple(names), tuple(problems))


def _words(line: str) -> Iterator[str]:
    """Yield the entries of a line; a range with blanks around its dash is one entry."""
    words = _SEPARATORS.sub(" ", line).split()
    index = 0
    while index < len(words):
        around = words[index : index + 3]
        if _is_range(around):
            yield f"{around[0]}-{around[2]}"
            index += 3
            continue
        if words[index] not in _DASHES:
            yield words[index]
        index += 1


def _is_range(words: list[str]) -> bool:
    if len(words) < 3 or words[1] not in _DASHES or len(words[0]) > 100 or len(words[2]) > 100:
        return False
    return bool(_ADDRESS.fullmatch(words[0]) and _END_OF_RANGE.fullmatch(words[2]))
