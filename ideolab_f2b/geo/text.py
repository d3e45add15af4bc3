"""The country list in words and as JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ideolab_f2b.geo.build import Built
from ideolab_f2b.geo.country_list import CountryList
from ideolab_f2b.notation.country import describe
from ideolab_f2b.notation.country_names import OTHERS

_DAY_S = 86400.0
_WHOLE4 = 1 << 32
_POLICY = {"allow": "allow only", "deny": "deny"}
_SHARED = {
    "allow": "whole on the list, so all of each is let in",
    "deny": "not on the list, so all of each is let in",
}


def describe_list(one: CountryList, now: float) -> Iterator[tuple[str, str]]:
    """Yield (word, text) for each line: policy, source, dates, and what each family has."""
    countries = ", ".join(f"{code} ({_name(code)})" for code in one.countries)
    yield "policy", f"{_POLICY[one.policy]} {countries}"
    for code in OTHERS.keys() & set(one.countries):
        yield "note", f"{code} is no country: {describe(code)}"
    yield "source", one.source
    yield "dated", f"{_date(one.dated)} ({describe_age(one.dated, now)})"
    yield "built", f"{_date(one.built)} ({describe_age(one.built, now)})"
    four, six = one.prefixes(4), one.prefixes(6)
    count = four.count_addresses()
    yield "IPv4", f"{len(four):,} prefixes, {count:,} addresses ({count / _WHOLE4:.1%} of all)"
    yield "IPv6", f"{len(six):,} prefixes, {six.count_addresses():,} networks /64"


def describe_build(built: Built, now: float) -> Iterator[tuple[str, str]]:
    """Yield what describe_list() does, and what was not taken from the files."""
    yield from describe_list(built.new, now)
    if not built.is_dated:
        yield "note", "the files do not say when their data was made: their own time is taken for it"
    if built.shared:
        rule = _SHARED[built.new.policy]
        yield "note", f"networks /64 of several countries: {built.shared:,} ({rule})"
    if built.refusals.nested:
        yield "note", f"rows inside another country's: {built.refusals.nested:,} (the narrower row counts)"
    for text in built.refusals.describe():
        yield "refused", text


def _name(code: str) -> str:
    return f"{describe(code)}, UK" if code == "GB" else describe(code)


def _date(when: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(when))


def describe_age(when: float, now: float) -> str:
    """Return how long ago that was, in days."""
    days = max(0, int((now - when) / _DAY_S))
    return "today" if not days else "1 day ago" if days == 1 else f"{days:,} days ago"


def to_fields(one: CountryList) -> dict[str, Any]:
    """Return the list without its prefixes, for JSON."""
    return {
        "policy": one.policy,
        "countries": one.countries,
        "source": one.source,
        "dated": round(one.dated),
        "built": round(one.built),
        "prefixes4": len(one.prefixes(4)),
        "prefixes6": len(one.prefixes(6)),
        "addresses4": one.prefixes(4).count_addresses(),
        "networks6": one.prefixes(6).count_addresses(),
    }


def to_build_fields(built: Built) -> dict[str, Any]:
    """Return what to_fields() does, and what was not taken from the files."""
    return {
        **to_fields(built.new),
        "shared_networks6": built.shared,
        "nested": built.refusals.nested,
        "refused": built.refusals.by_reason,
    }
