"""What the lists of root say: ignoreip, the file never-ban, the option allow."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import NamedTuple

from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected.names import OWN
from ideolab_f2b.actions.protected.never_ban import NEVER_BAN_FILES, NeverBanFiles, describe
from ideolab_f2b.actions.protected.refusal import Listed, describe_everybody, listing
from ideolab_f2b.logline import quote
from ideolab_f2b.notation import host_name, networks
from ideolab_f2b.notation.word_list import WordList

#: words of ignoreip that are no entry, and are named
NAMED = 5


class Named(NamedTuple):
    """Host names, and what their addresses are: "listed in ignoreip"."""

    names: tuple[str, ...]
    what: str


class Lists(NamedTuple):
    """All lists of one jail, and what in them protects nobody."""

    listed: tuple[Listed, ...]
    named: tuple[Named, ...]
    troubles: tuple[str, ...]


def read(
    ignoreip: Iterable[str],
    options: Options,
    *,
    has_ignoreself: bool = False,
    files: NeverBanFiles = NEVER_BAN_FILES,
) -> Lists:
    """Return what the lists say now; asks no DNS."""
    ignored, never = _read_ignoreip(tuple(ignoreip)), files.read(options.allow_file)
    allowed = tuple(listing(network, "listed in the option allow") for network in options.allow.networks)
    listed = (*ignored.listed, *never.listed, *allowed)
    named = (
        *ignored.named,
        Named(never.names, f"listed in {options.allow_file}"),
        Named(options.allow.names, "listed in the option allow"),
        Named((OWN,) if has_ignoreself else (), "ignoreself"),
    )
    troubles = (
        *ignored.troubles,
        *never.troubles,
        *_describe_allow(options.allow),
        *describe_everybody(allowed),
    )
    return Lists(listed, tuple(each for each in named if each.names), troubles)


@functools.lru_cache(maxsize=64)
def _read_ignoreip(words: tuple[str, ...]) -> Lists:
    """Read the words that fail2ban holds: what is no address is a name for it, also one without a dot."""
    listed: list[Listed] = []
    names: list[str] = []
    bad: list[str] = []
    for word in words:
        try:
            listed += (listing(network, "listed in ignoreip") for network in networks.read(word))
        except ValueError:
            name = host_name.read(word, with_single=True)
            (names if name else bad).append(name or word)
    named = ", ".join(map(quote, bad[:NAMED])) + (f" and {len(bad) - NAMED} more" if bad[NAMED:] else "")
    troubles = [f"ignoreip: {named}: no address, network, range or host name"] if bad else []
    troubles += describe_everybody(listed)
    return Lists(tuple(listed), (Named(tuple(names), "listed in ignoreip"),), tuple(troubles))


def _describe_allow(allow: WordList) -> list[str]:
    return [f"option allow: {describe(allow.problems)}"] if allow.problems else []
