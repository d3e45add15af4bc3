"""Lists: each entry is read by itself, so that one with a mistake costs no other."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Callable

from django.utils.functional import Promise

from ideolab_accesslog.setting_types.networks import find_networks
from ideolab_accesslog.setting_types.reading import (
    NOTATION,
    ONE_TEXT,
    PROXY,
    VALUE,
    Reading,
    SettingFault,
    SettingType,
    name_some,
    refuse,
    show,
)
from ideolab_accesslog.setting_types.texts import is_text, to_text

#: entries of one list; what is longer was not written by hand
MOST = 100_000


class _BlankError(ValueError):
    """The entry has no letter: it stands for nothing, and would match everything."""


class _PartlyError(ValueError):
    """Some words of the entry are understood, which are its argument."""


@dataclass(frozen=True)
class EntryType:
    """One value of a list: `accepts` takes the one notation, `understand` returns what another means."""

    accepts: Callable[[Any], bool]
    understand: Callable[[Any], Any]
    split: Callable[[str], Iterable[Any]] = lambda text: [text]


@dataclass(frozen=True)
class ListOf(SettingType):
    """Several values. `is_command`: one wrong word makes it another command, so all of it counts or none."""

    entry: EntryType = EntryType(is_text, refuse)
    is_command: bool = False

    def read(self, value: Any, default: Any) -> Reading:
        """Return the entries that are understood; the value itself if it has nothing else."""
        try:
            entries, faults = self._take_apart(value)
        except Exception:
            return self.read_nothing(value, default)
        if self.is_command and not entries:
            return self.read_nothing(value, default)
        if not faults and self.is_accepted(value) and not any(isinstance(one, Promise) for one in entries):
            # itself: a list that the site changes in place counts at once
            return Reading(value)
        found: list[Any] = []
        for entry in entries:
            taken, fault = self._read_entry(entry)
            found += taken
            faults += fault
        is_lost = not found or self.is_command
        if is_lost and any(fault.kind == self.kind for fault in faults):
            found = default
        return Reading(found, name_some(faults))

    def _take_apart(self, value: Any) -> tuple[list[Any], list[SettingFault]]:
        """Return the entries of what somebody wrote in place of a list; an error for what has none."""
        if isinstance(value, (str, bytes, Promise)):
            entries = list(self.entry.split(_to_bare_text(value)))
            return entries, [SettingFault(ONE_TEXT, "is one text", f"Write a list: {show(entries)}.")]
        if isinstance(value, Mapping):
            return self._cut(value), [self._note(value)]
        if isinstance(value, Collection):
            entries = self._cut(value)
            return entries[:MOST], [self._note(value)] if len(entries) > MOST else []
        if self._is_one(value):
            return [value], [self._note(value)]
        # a generator: it can be read once
        return self._cut(value)[:MOST], [self._note(value)]

    def _note(self, value: Any) -> SettingFault:
        return SettingFault(NOTATION, f"is {show(value)}", self.hint)

    def _cut(self, value: Iterable[Any]) -> list[Any]:
        return list(islice(value, MOST + 1))

    def _is_one(self, value: Any) -> bool:
        try:
            return bool(self.entry.accepts(value) or self.entry.understand(value) is not None)
        except Exception:
            return False

    def _read_entry(self, entry: Any) -> tuple[list[Any], list[SettingFault]]:
        """Return the entry, or what it means, or nothing, and what is wrong with it."""
        try:
            if self.entry.accepts(entry):
                return [str(entry) if isinstance(entry, Promise) else entry], []
            meant = self.entry.understand(entry)
        except _BlankError:
            return [], [SettingFault(NOTATION, f"holds {show(entry)}, which is nothing", "Take it out.")]
        except Exception as error:
            taken = list(error.args[0]) if isinstance(error, _PartlyError) else []
            return taken, [SettingFault(self.kind, f"holds {show(entry)}", f"{self.hint} The rest counts.")]
        return [meant], [SettingFault(NOTATION, f"holds {show(entry)}", f"Write {show(meant)}.")]


@dataclass(frozen=True)
class TextsByWord(SettingType):
    """A dictionary of words, each with a list of texts."""

    def read(self, value: Any, default: Any) -> Reading:
        """Return the words whose lists are understood."""
        if self.is_accepted(value):
            return Reading(value)
        if not isinstance(value, Mapping):
            return self.read_nothing(value, default)
        found: dict[str, Any] = {}
        faults: list[SettingFault] = []
        for word, texts in islice(value.items(), MOST):
            reading = TEXTS.read(texts, None)
            is_word = is_text(word) and str(word).strip()
            if is_word and reading.value is not None:
                found[str(word).strip()] = reading.value
            if not is_word:
                faults.append(SettingFault(VALUE, f"holds {show(word)}", f"{self.hint} The rest counts."))
            faults += [_name_word(word, fault, self.hint) for fault in reading.faults]
        return Reading(found, name_some(faults))


def _name_word(word: Any, fault: SettingFault, hint: str) -> SettingFault:
    hint = f"{hint} The rest counts." if fault.kind == VALUE else fault.hint
    return SettingFault(fault.kind, f"[{show(word)}] {fault.text}", hint)


def list_of(
    text: str, entry: EntryType, kind: str = VALUE, is_command: bool = False, example: str = ""
) -> ListOf:
    """Return the type of a setting that is a list of such entries."""

    def is_list(value: Any) -> bool:
        is_several = isinstance(value, Collection) and not isinstance(
            value, (str, bytes, bytearray, Promise, Mapping)
        )
        is_long_enough = is_several and int(is_command) <= len(value) <= MOST
        return is_long_enough and all(map(entry.accepts, value))

    hint = f"Write a list of {text}{example and f': {example}'}."
    return ListOf(f"list of {text}", hint, is_list, kind=kind, entry=entry, is_command=is_command)


def _to_bare_text(value: Any) -> str:
    """Return a text, also of bytes; a blank one is no list."""
    text = value.decode() if isinstance(value, bytes) else str(value)
    if not text.strip():
        raise ValueError("blank")
    return text


def _is_entry(value: Any) -> bool:
    return is_text(value) and bool(str(value).strip())


def _to_entry(value: Any) -> str:
    """Return the text of bytes or a path, and the real one of a lazy text."""
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, os.PathLike):
        value = os.fsdecode(value)
    if not is_text(value):
        raise ValueError("no text")
    if not str(value).strip():
        raise _BlankError
    return str(value)


def _is_word(value: Any) -> bool:
    return isinstance(value, (str, Promise, os.PathLike)) and bool(str(value)) and "\0" not in str(value)


def _to_word(value: Any) -> str:
    """Return the word of bytes or of a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = to_text(value)
    if not _is_word(text):
        raise ValueError("no word")
    return text


def _is_status(value: Any) -> bool:
    # http.HTTPStatus.OK is one too
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1000


def _to_status(value: Any) -> int:
    """Return the number of a text, or of a number with a point."""
    if isinstance(value, bool) or not isinstance(value, (str, float)):
        raise ValueError("no number")
    if isinstance(value, str) and not value.strip():
        raise _BlankError
    number = float(value)
    if not number.is_integer() or not _is_status(int(number)):
        raise ValueError("no whole number")
    return int(number)


def _is_network(value: Any) -> bool:
    found = find_networks(value)
    return bool(found.networks) and not found.wrong


def _to_network(value: Any) -> str:
    """Return the text of bytes; of an entry with several words those that are networks."""
    text = value.decode() if isinstance(value, bytes) else value
    found = find_networks(text)
    if found.networks and found.wrong:
        raise _PartlyError(list(map(str, found.networks)))
    if found.wrong:
        raise ValueError("no network")
    if not found.networks:
        raise _BlankError
    return str(text)


def _split_networks(text: str) -> list[str]:
    found = find_networks(text)
    return [*map(str, found.networks), *found.wrong]


def _split_numbers(text: str) -> list[Any]:
    return [int(word) if word.isdecimal() else word for word in text.replace(",", " ").split()]


def _is_texts_by_word(value: Any) -> bool:
    """Return whether a value is a dictionary of words, each with a list of texts."""
    return isinstance(value, Mapping) and all(
        isinstance(word, str) and word and TEXTS.accepts(texts) for word, texts in value.items()
    )


TEXTS = list_of("texts", EntryType(_is_entry, _to_entry))
WORDS = list_of("texts or paths", EntryType(_is_word, _to_word, shlex.split), is_command=True)
WHOLE_NUMBERS = list_of("whole numbers", EntryType(_is_status, _to_status, _split_numbers))
_NETWORK = EntryType(_is_network, _to_network, _split_networks)
_EXAMPLE = '["10.0.0.0/8", "2001:db8::7"], no names'
NETWORKS = list_of("networks", _NETWORK, example=_EXAMPLE)
PROXIES = list_of("networks", _NETWORK, PROXY, example=_EXAMPLE)
TEXTS_BY_WORD = TextsByWord(
    "dictionary of lists of texts", 'Write a dictionary: {"word": ["text"]}.', _is_texts_by_word
)
