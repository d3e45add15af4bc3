"""Reads the text of `nginx -T` into directives, and follows its includes. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

_FILE = re.compile(r"^# configuration file (.+):$", re.M)
# a word may hold ${variable}; what is quoted may hold anything
_TOKEN = re.compile(
    r"\s+|#[^\n]*|(?P<quoted>\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|(?P<mark>[;{}])"
    r"|(?P<word>(?:\\.|\$\{\w+\}|[^\s;{}\\])+)",
    re.S,
)
#: blocks of another language, and what in it may hold braces that are none
_FOREIGN = "_by_lua_block"
_BRACE = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|--[^\n]*|(?P<brace>[{}])", re.S)


class Directive(NamedTuple):
    """One directive: `context` are the blocks around it, such as ("http", "server")."""

    name: str
    arguments: tuple[str, ...]
    context: tuple[str, ...]
    file: str

    @property
    def text(self) -> str:
        """The directive as it is written."""
        return f"{' '.join((self.name, *self.arguments))};"


def directives(dump: str) -> list[Directive]:
    """Return the directives in the order in which nginx reads them; [] for a text that is no dump."""
    parts = _FILE.split(dump)
    files = dict(zip(parts[1::2], parts[2::2]))
    return list(_walk(parts[1], (), files, frozenset())) if files else []


def _walk(
    name: str, context: tuple[str, ...], files: dict[str, str], above: frozenset[str]
) -> Iterator[Directive]:
    inside, top = list(context), len(context)
    words: list[str] = []
    for word in _words(files[name]):
        if word == "}":
            # a file that closes more than it opens is no configuration; nginx -t says so
            del inside[max(top, len(inside) - 1) :]
        elif word not in (";", "{"):
            words.append(_plain(word))
        elif words:
            found = Directive(words[0], tuple(words[1:]), tuple(inside), name)
            yield found
            if word == "{":
                inside.append(found.name)
            elif found.name == "include" and found.arguments:
                yield from _follow_include(found, files, above | {name})
            words = []


def _follow_include(found: Directive, files: dict[str, str], above: frozenset[str]) -> Iterator[Directive]:
    main = next(iter(files))
    pattern = str(PurePosixPath(main).parent / found.arguments[0])
    for name in sorted(files.keys() - above):
        if fnmatch.fnmatchcase(name, pattern):
            yield from _walk(name, found.context, files, above)


def _words(text: str) -> Iterator[str]:
    position, last = 0, ""
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            # a quote that is not closed
            position += 1
            continue
        position = found.end()
        word = found["quoted"] or found["mark"] or found["word"]
        if word is None:
            continue
        yield word
        if word == "{" and last.endswith(_FOREIGN):
            position = _end_of_block(text, position)
            yield "}"
        last = word


def _end_of_block(text: str, position: int) -> int:
    depth = 1
    for found in _BRACE.finditer(text, position):
        depth += {"{": 1, "}": -1}.get(found["brace"] or "", 0)
        if not depth:
            return found.end()
    return len(text)


def _plain(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] in "\"'" and word[-1] == word[0] else word


def includes(found: list[Directive], context: tuple[str, ...], path: str) -> bool:
    """Return whether a file at this path would be read in these blocks."""
    main = found[0].file if found else "/etc/nginx/nginx.conf"
    return any(
        one.name == "include"
        and one.context == context
        and one.arguments
        and fnmatch.fnmatchcase(path, str(PurePosixPath(main).parent / one.arguments[0]))
        for one in found
    )
