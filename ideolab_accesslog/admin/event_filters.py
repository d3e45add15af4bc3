"""Filters of the list of events; their choices come from the counts of the last days, not from the events."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog import databases
from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.admin.filters import Choices
from ideolab_accesslog.admin.search import TERM_MAX
from ideolab_accesslog.databases.text import make_fit
from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour

#: days whose counts are looked at
DAYS = 7
#: choices of one filter
MOST = 25
#: characters of a label: the name of an AS is a stranger's
LABEL_MAX = 120


class EventTypeFilter(SimpleListFilter):
    """Filters by the type of an event."""

    title = _("event")
    parameter_name = "type"

    def lookups(self, _request: Any, _model_admin: Any) -> Choices:
        """Return the choices: (value, label)."""
        return tuple(ConnmonEvent.Type.choices)

    def queryset(self, _request: Any, queryset: Any) -> Any:
        """Return the rows of the chosen value; all when it is no choice."""
        return queryset.filter(type=self.value()) if self.value() in ConnmonEvent.Type.values else queryset


class CountedFilter(SimpleListFilter):
    """Filters by one field; the choices are the most frequent values, and a link may name any other one."""

    field = ""

    def lookups(self, _request: Any, _model_admin: Any) -> Choices:
        """Return the choices: (value, label)."""
        return tuple((value, to_printable(label, LABEL_MAX)) for value, label in self.read_choices())

    def has_output(self) -> bool:
        """Return True: the filter of a link is shown also when nothing was counted."""
        return bool(self.lookup_choices) or self.value() is not None

    def read_choices(self) -> Iterable[tuple[str, str]]:
        """Return the choices from the counts."""
        raise NotImplementedError

    def queryset(self, _request: Any, queryset: Any) -> Any:
        """Return the rows of the chosen value."""
        value = self.value()
        if not value:
            return queryset
        text = make_fit(queryset.db, queryset.model)(value[:TERM_MAX])
        return queryset.filter(**{self.field: text})


class JailFilter(CountedFilter):
    """Filters by the jail."""

    title = _("jail")
    parameter_name = field = "jail"

    def read_choices(self) -> Iterable[tuple[str, str]]:
        """Return the jails of the last days."""
        hours = EventHour.objects.using(databases.events()).exclude(jail="")
        since = timezone.now() - timedelta(days=DAYS)
        found = hours.filter(hour__gte=since).order_by("jail").values_list("jail", flat=True)
        return [(jail, jail) for jail in found.distinct()[:MOST]]


class CountryFilter(CountedFilter):
    """Filters by the country."""

    title = _("country")
    parameter_name = field = "country"

    def read_choices(self) -> Iterable[tuple[str, str]]:
        """Return the countries with the most bans of a day."""
        return sorted((key, key) for key in _read_top(EventDay.Kind.COUNTRY))


class AsnFilter(CountedFilter):
    """Filters by the AS number."""

    title = _("AS number")
    parameter_name = field = "asn"

    def read_choices(self) -> Iterable[tuple[str, str]]:
        """Return the ASes with the most bans of a day."""
        return [(asn, f"AS{asn} {name}".rstrip()) for asn, name in _read_top(EventDay.Kind.ASN).items()]


def _read_top(kind: Any) -> dict[str, str]:
    """Return {key: name} of those with the most bans of one day, the most first."""
    days = EventDay.objects.using(databases.events()).filter(kind=kind)
    since = timezone.now() - timedelta(days=DAYS)
    rows = days.filter(day__gte=since.date()).order_by("-count").values_list("key", "name")
    found: dict[str, str] = {}
    for key, name in rows[: MOST * DAYS]:
        if len(found) < MOST:
            found.setdefault(key, name)
    return found
