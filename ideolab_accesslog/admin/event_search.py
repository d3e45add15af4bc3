"""Finds events by address, network or AS number: ranges of an index, whatever the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from ideolab_accesslog.admin import search as words
from ideolab_accesslog.admin.search import Network, parse_network
from ideolab_accesslog.networks import span

#: AS64500, as the page and fail2ban write it
_ASN = re.compile(r"AS([0-9]{1,10})", re.IGNORECASE)
#: shortest networks that somebody bans
_SHORTEST = {4: 8, 6: 16}


def search(events: Any, term: str, texts: tuple[str, ...]) -> Any:
    """Return the events that match the term; what is neither address nor AS is looked for in `texts`."""
    asn = _ASN.fullmatch(term.strip())
    if asn is not None:
        return events.filter(asn=asn[1])
    wanted = parse_network(term)
    return words.search(events, term, texts) if wanted is None else events.filter(match(wanted))


def match(wanted: Network) -> Q:
    """Return the condition for events of a network: of all in it, and of the networks around it."""
    first, last = span(wanted)
    inside = Q(start=first) if first == last else Q(start__gte=first, start__lte=last)
    return inside | Q(ip=None, subnet__in=list(_list_around(wanted)))


def _list_around(wanted: Network) -> Iterator[str]:
    for length in range(_SHORTEST[wanted.version], wanted.prefixlen):
        yield str(wanted.supernet(new_prefix=length))
