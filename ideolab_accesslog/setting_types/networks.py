"""The networks that the entries of a list stand for, in the notations that /etc/ideolab/never-ban has too."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from ideolab_f2b.notation import word_list
from ideolab_f2b.notation.networks import Network

#: characters of an entry; what is longer is no entry
_LONGEST = 10_000
#: characters of it that are shown
_SHOWN = 40


class FoundNetworks(NamedTuple):
    """The networks of one entry, and the words in it that are none."""

    networks: tuple[Network, ...] = ()
    wrong: tuple[str, ...] = ()


def find_networks(entry: Any) -> FoundNetworks:
    """Return the networks of a text, or of an object whose text is one, such as an IPv4Network."""
    text = _format(entry)
    if not isinstance(entry, str) and not text:
        return FoundNetworks(wrong=(type(entry).__name__,))
    if len(text) > _LONGEST:
        return FoundNetworks(wrong=(text[:_SHOWN],))
    found = word_list.parse(text)
    return FoundNetworks(found.networks, (*found.names, *(problem.word for problem in found.problems)))


def _is_several(entry: Any) -> bool:
    return isinstance(entry, (bytes, bytearray, list, tuple, set, frozenset, dict))


def read_networks(entries: Iterable[Any]) -> tuple[Network, ...]:
    """Return the networks of a list, without the entries that are none: a site may change it in place."""
    # the texts are the key of the cache
    return _read(tuple(map(_format, entries)))


def _format(entry: Any) -> str:
    """Return the text of an entry, "" for what has none."""
    try:
        return "" if _is_several(entry) else str(entry)
    except Exception:
        return ""


@lru_cache(maxsize=16)
def _read(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(network for text in texts for network in find_networks(text).networks)
