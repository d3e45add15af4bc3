"""Whether a new list may take the place of the present one; in doubt the present one stays in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Optional

from ideolab_f2b.geo.country_list import CountryList
from ideolab_f2b.notation.country import describe

#: {family: its addresses of IPv4, or its /64s of IPv6}
_WHOLE = {4: 1 << 32, 6: 1 << 64}
#: a list of more of all addresses is a broken file: all of IPv4 that is routed is 0.87 of it
_MOST = 0.95
#: a list with less of the present one's addresses is of a cut file: a vendor's data changes by a hundredth
_LEAST = 0.9
#: the same where the source is of another kind, which may know less
_LEAST_OF_OTHER = 0.5
_MEANING = {"allow": "nobody would get in", "deny": "nobody would be refused"}


def find_faults(
    new: CountryList, present: Optional[CountryList], known: Mapping[int, set[str]]
) -> Iterator[str]:
    """Yield why a list looks wrong; `known` has the codes that the source has, by family. Pure."""
    for version in (4, 6):
        if not len(new.prefixes(version)):
            yield f"it has no IPv{version} address: {_MEANING[new.policy]} by IPv{version}"
        if new.prefixes(version).count_addresses() > _MOST * _WHOLE[version]:
            yield f"it has nearly all addresses of IPv{version}"
    for code in new.countries:
        if not any(code in codes for codes in known.values()):
            yield f"the source has no address of {code} ({describe(code)})"
    if present is not None and (present.policy, present.countries) == (new.policy, new.countries):
        yield from _compare(new, present)


def _compare(new: CountryList, present: CountryList) -> Iterator[str]:
    kinds = {one.source.partition(":")[0] for one in (new, present)}
    least = _LEAST if len(kinds) == 1 else _LEAST_OF_OTHER
    for version in (4, 6):
        now, before = (one.prefixes(version).count_addresses() for one in (new, present))
        if now < least * before:
            yield f"it has {now / before:.0%} of the IPv{version} addresses that the present list has"
