"""What a setting may be: its words in the docs, a test, and the way out where the test fails."""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from django.utils.functional import Promise


@dataclass(frozen=True)
class SettingType:
    """`text` is the type in the docs, `hint` tells who gave another value what to write."""

    text: str
    hint: str
    accepts: Callable[[Any], bool]

    def read(self, value: Any) -> Any:
        """Return the value that the app works with; here, the one that the project wrote."""
        return value


@dataclass(frozen=True)
class Text(SettingType):
    """One text, also a lazy one."""

    def read(self, value: Any) -> Any:
        """Return a lazy text as a real one; Django takes no other as an alias."""
        return str(value) if isinstance(value, Promise) else value


@dataclass(frozen=True)
class Number(SettingType):
    """A number within bounds."""


@dataclass(frozen=True)
class ListOf(SettingType):
    """Several values; one text alone is a frequent mistake."""


@dataclass(frozen=True)
class Choice(SettingType):
    """One of `words`; `former` has the names that earlier versions gave them."""

    words: tuple[str, ...] = ()
    former: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: Any) -> Any:
        """Return today's word for a former one."""
        return self.former.get(value, value) if isinstance(value, str) else value


def is_number(value: Any) -> bool:
    """Return whether a value is a number; True and False are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_text(value: Any) -> bool:
    """Return whether a value is a text; a lazy one, such as reverse_lazy gives, is one too."""
    return isinstance(value, (str, Promise))


def is_word(value: Any) -> bool:
    """Return whether a value is a word of a command: a text or a path."""
    return isinstance(value, os.PathLike) or is_text(value)


def is_size(value: Any) -> bool:
    """Return whether float() makes a number above 0 of a value."""
    try:
        return 0 < float(value) < math.inf
    except (TypeError, ValueError):
        return False


def is_network(value: Any) -> bool:
    """Return whether the text of a value is an address or a network."""
    try:
        ipaddress.ip_network(str(value), strict=False)
    except ValueError:
        return False
    return True


def is_path(value: Any) -> bool:
    """Return whether a value names a file or a directory."""
    return isinstance(value, (str, os.PathLike)) and bool(value)


def choice(*words: str, former: Mapping[str, str] | None = None) -> Choice:
    """Return the type of a setting that is one of these words, or one of their former names."""
    text = " or ".join([", ".join(f'`"{word}"`' for word in words[:-1]), f'`"{words[-1]}"`'])
    accepted = {*words, *(former or {})}
    return Choice(
        text,
        f"Choose one of {', '.join(words)}.",
        lambda value: isinstance(value, str) and value in accepted,
        words,
        former or {},
    )


def list_of(text: str, accepts: Callable[[Any], bool]) -> ListOf:
    """Return the type of a setting that is a list, each value of which `accepts`."""

    def is_list(value: Any) -> bool:
        is_several = isinstance(value, Collection) and not isinstance(value, (str, bytes, Promise))
        return is_several and all(map(accepts, value))

    return ListOf(f"list of {text}", f"Write a list of {text}.", is_list)


def is_texts_by_word(value: Any) -> bool:
    """Return whether a value is a dictionary of words, each with a list of texts."""
    return isinstance(value, Mapping) and all(
        isinstance(word, str) and word and TEXTS.accepts(texts) for word, texts in value.items()
    )


SWITCH = SettingType(
    "`True` or `False`",
    "Write True or False, without quotes.",
    lambda value: isinstance(value, int) and value in (False, True),
)
TEXT = Text("text", "Write a text.", is_text)
PATH = SettingType("path", "Write a path.", is_path)
OPTIONAL_PATH = SettingType(
    'path, or `""`', 'Write a path, or "".', lambda value: value in ("", None) or is_path(value)
)
POSITIVE = Number("number above 0", "Give a number above 0.", lambda value: is_number(value) and value > 0)
PART = Number(
    "number from 0 to 1",
    "Give a number from 0 to 1; 1 logs all.",
    lambda value: is_number(value) and 0 <= value <= 1,
)
#: not a Number, whose check is an error: no value of ACCESSLOG_SPOOL_MAX_MB has ever stopped a command
SIZE = SettingType("number above 0", "Give a number above 0.", is_size)
TEXTS = list_of("texts", is_text)
WORDS = list_of("texts or paths", is_word)
#: http.HTTPStatus.OK is one too
WHOLE_NUMBERS = list_of("whole numbers", lambda value: isinstance(value, int) and not isinstance(value, bool))
#: check E004 names the entry that is no network
PROXIES = list_of("networks", lambda _value: True)
NETWORKS = list_of("networks", is_network)
TEXTS_BY_WORD = SettingType(
    "dictionary of lists of texts", 'Write a dictionary: {"word": ["text"]}.', is_texts_by_word
)
