"""Finds events by address, network or AS number: ranges of an index, whatever the database."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Q

from ideolab_accesslog.admin import search as words
from ideolab_accesslog.admin.search import Network, parse_network
from ideolab_accesslog.networks import list_around, list_starts_around, span

#: AS64500, as the page and fail2ban write it
_ASN = re.compile(r"AS([0-9]{1,10})", re.IGNORECASE)


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
    around = list(map(str, list_around(wanted)))
    # their start, because no index has their text
    return inside | Q(start__in=list_starts_around(wanted), ip=None, subnet__in=around)
