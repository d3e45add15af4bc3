"""Settings that are misspelt or cannot be read, and what was meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from difflib import get_close_matches
from typing import Optional

from django.conf import settings
from django.core.checks import CheckMessage, register

from ideolab_accesslog.checks.message import list_messages, make_error, make_warning
from ideolab_accesslog.conf import ROWS, conf, read
from ideolab_accesslog.setting_types import UNDERSTOOD, reading
from ideolab_accesslog.setting_types.networks import find_networks
from ideolab_accesslog.traship.crawlers import listed

#: {kind of a fault: its message}; what is understood all the same is a warning, or as ever an error
_FAULTS: dict[str, Callable[[str, str], CheckMessage]] = {
    reading.CHOICE: lambda text, hint: make_error(1, text, hint),
    reading.NUMBER: lambda text, hint: make_error(2, text, hint),
    reading.ONE_TEXT: lambda text, hint: make_error(3, text, hint),
    reading.PROXY: lambda text, hint: make_error(4, text, hint),
    reading.CACHE: lambda text, hint: make_error(6, text, hint),
    reading.VALUE: lambda text, hint: make_error(7, text, hint),
    reading.DATABASE: lambda text, hint: make_error(8, text, hint),
    reading.FORMER: lambda text, hint: make_warning(10, text, hint),
    reading.NOTATION: lambda text, hint: make_warning(11, text, hint),
}


@register()
@list_messages
def values() -> Iterator[CheckMessage]:
    """E001-E004, E006-E008, W010, W011: is every setting one that the app understands?"""
    for name in ROWS:
        for fault in read(name).faults:
            yield _FAULTS[fault.kind](f"{name} {fault.text}", fault.hint)


def is_lost(name: str) -> bool:
    """Return whether something of the value is not understood: `values` says so, which comes first."""
    return any(fault.kind not in UNDERSTOOD for fault in read(name).faults)


@register()
@list_messages
def names() -> Iterator[CheckMessage]:
    """W001: is a setting misspelt?"""
    for name in dir(settings):
        meant = find_meant(name)
        if meant is not None:
            hint = f"Did you mean {meant}?" if meant else "Is it misspelt?"
            text = f"{name} is no setting of ideolab_accesslog"
            yield make_warning(1, text, f"{hint} docs/settings.md lists all.")


def find_meant(name: str) -> Optional[str]:
    """Return the setting that a misspelt name means, "" if that is not clear; None for a name of others."""
    if name in ROWS or name.startswith("_") or not name.isupper():
        return None
    if not name.startswith(_PREFIXES):
        near = get_close_matches(name, ROWS, 1, _VERY_NEAR)
        return near[0] if near else None
    prefix, _, rest = name.partition("_")
    # of the same prefix last, so that they count where both have the name
    by_rest = {one.partition("_")[2]: one for one in sorted(ROWS, key=lambda one: one.startswith(prefix))}
    near = get_close_matches(rest, by_rest, 1, _NEAR)
    return by_rest[near[0]] if near else ""


_PREFIXES = ("ACCESSLOG_", "TRASHIP_")


#: how alike two names without their prefixes are, from 0 to 1, if one is the other with a mistake
_NEAR = 0.7


#: the same for whole names, which may be another app's
_VERY_NEAR = 0.9


@register()
@list_messages
def crawlers() -> Iterator[CheckMessage]:
    """E007: does each entry of TRASHIP_CRAWLERS prove something?"""
    for word, texts in conf.TRASHIP_CRAWLERS.items():
        for text in texts:
            if not any(listed.parse([text])):
                yield make_error(
                    7,
                    f"TRASHIP_CRAWLERS [{word!r}] holds {text!r}",
                    "Write the end of a name, crawl.example.com, or a network. The rest counts.",
                )


@register()
@list_messages
def proxies() -> Iterator[CheckMessage]:
    """E005: whose X-Forwarded-For is believed?"""
    for text in conf.ACCESSLOG_TRUSTED_PROXIES:
        if any(network.prefixlen == 0 for network in find_networks(text).networks):
            yield make_error(
                5,
                f"ACCESSLOG_TRUSTED_PROXIES holds {str(text)!r}: every visitor is a trusted proxy",
                "Anybody could get anybody banned. Name the addresses of your proxies only.",
            )
