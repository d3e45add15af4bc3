"""Single texts: names, choices, paths, the name of a header, the alias of a database or a cache."""

from __future__ import annotations

import os
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any, Callable

from django.core.cache import caches
from django.db import connections
from django.utils.functional import Promise

from ideolab_accesslog.setting_types.reading import (
    CACHE,
    CHOICE,
    DATABASE,
    FORMER,
    Reading,
    SettingFault,
    SettingType,
    show,
)

#: X-Real-IP, and HTTP_X_REAL_IP as Django's META has it, but not REMOTE_ADDR, which is no header
_HEADER = re.compile(r"(?:HTTP_)?(?!REMOTE_ADDR)([A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*):?", re.I)


@dataclass(frozen=True)
class Text(SettingType):
    """One text, also a lazy one."""

    def convert(self, value: Any) -> str:
        """Return a lazy text as a real one; Django takes no other as an alias."""
        return str(value)


@dataclass(frozen=True)
class Alias(Text):
    """The name of an entry of another setting; `names` returns the entries."""

    names: Callable[[], Container[str]] = tuple

    def read(self, value: Any, default: Any) -> Reading:
        """Return the alias; the default for one that does not exist, whose every use would raise."""
        found = super().read(value, default)
        if found.value == default or found.value in self.names():
            return found
        return self.read_nothing(value, default)


@dataclass(frozen=True)
class Header(Text):
    """The name of a header."""

    def convert(self, value: Any) -> str:
        """Return the name as it stands in a request: X-Real-IP for HTTP_X_REAL_IP."""
        found = _HEADER.fullmatch(str(value).strip())
        return found[1].replace("_", "-") if found else ""

    def read_nothing(self, value: Any, default: Any) -> Reading:
        """Return no name: to believe another header than the proxies set is to believe the client."""
        why = SettingFault(self.kind, f"is {show(value)}", f"{self.hint} Until then no header is believed.")
        return Reading("", (why,))


@dataclass(frozen=True)
class Choice(SettingType):
    """One of `words`; `former` has the names that earlier versions gave them."""

    words: tuple[str, ...] = ()
    former: Mapping[str, str] = field(default_factory=dict)

    def read(self, value: Any, default: Any) -> Reading:
        """Return today's word for a former one."""
        found = super().read(value, default)
        word = self.former.get(found.value) if isinstance(found.value, str) else None
        if word is None:
            return found
        text = f"is {value!r}, the former name of {word!r}"
        return Reading(word, (SettingFault(FORMER, text, f"Write {word!r}; both mean the same."),))


@dataclass(frozen=True)
class OptionalPath(SettingType):
    """A path, or nothing."""

    def convert(self, value: Any) -> Any:
        """Return "" for None."""
        return "" if value is None else value


def is_text(value: Any) -> bool:
    """Return whether a value is a text; a lazy one, such as reverse_lazy gives, is one too."""
    return isinstance(value, (str, Promise))


def to_text(value: Any) -> str:
    """Return the text of bytes, of a path, or of a list of one text."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        value = value[0]
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, os.PathLike):
        value = os.fsdecode(value)
    if not is_text(value) or not str(value).strip():
        raise ValueError("no text")
    return str(value).strip()


def is_path(value: Any) -> bool:
    """Return whether a value names a file or a directory."""
    return isinstance(value, (str, os.PathLike)) and bool(value) and "\0" not in os.fsdecode(value)


def is_optional_path(value: Any) -> bool:
    """Return whether a value names a file, or is nothing."""
    return value is None or (isinstance(value, str) and not value) or is_path(value)


def to_path(value: Any) -> str:
    """Return the path of a lazy text, of bytes, or of a list of one path."""
    path = to_text(value)
    if not is_path(path):
        raise ValueError("no path")
    return path


def to_optional_path(value: Any) -> str:
    """Return the path, "" for False."""
    return "" if value is False else to_path(value)


def is_header(value: Any) -> bool:
    """Return whether a value is the name of a header, in one of its two notations."""
    return is_text(value) and _HEADER.fullmatch(str(value).strip()) is not None


def to_header(value: Any) -> str:
    """Return the name of a header that bytes or a list of one name mean."""
    return HEADER.convert(value) if is_header(value := to_text(value)) else to_text("")


def choice(*words: str, former: Mapping[str, str] | None = None) -> Choice:
    """Return the type of a setting that is one of these words, or one of their former names."""
    text = " or ".join([", ".join(f'`"{word}"`' for word in words[:-1]), f'`"{words[-1]}"`'])
    accepted = {*words, *(former or {})}

    def is_word(value: Any) -> bool:
        return isinstance(value, str) and value in accepted

    def to_word(value: Any) -> str:
        word = to_text(value).lower()
        if word not in accepted:
            raise ValueError("none of the words")
        return (former or {}).get(word, word)

    hint = f"Choose one of {', '.join(words)}."
    return Choice(text, hint, is_word, to_word, CHOICE, words, former or {})


TEXT = Text("text", "Write a text.", is_text, to_text)
HEADER = Header("text", "Write the name of one header: X-Forwarded-For.", is_header, to_header)
DATABASE_ALIAS = Alias(
    "text", "Name an alias of DATABASES.", is_text, to_text, DATABASE, names=lambda: connections.databases
)
CACHE_ALIAS = Alias(
    "text", "Name an alias of CACHES.", is_text, to_text, CACHE, names=lambda: caches.settings
)
PATH = SettingType("path", "Write a path.", is_path, to_path)
OPTIONAL_PATH = OptionalPath('path, or `""`', 'Write a path, or "".', is_optional_path, to_optional_path)
