"""Filters of the admin lists. Each is a range or a constant: none asks the database for its choices, and none
needs the time-zone tables that MySQL may not have."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.admin.ban_state import missing
from ideolab_accesslog.admin.days import next_midnight, parse_day

Choices = tuple[tuple[str, Any], ...]

#: the first and the last year of which every time zone has each midnight
YEARS = (1970, 9998)


class PeriodFilter(SimpleListFilter):
    """Filters by the time of a row: the last hours or days, or from one day to another, both included.

    `period=2026-11-22`, a single day, is understood too.
    """

    title = _("time")
    parameter_name = "period"
    template = "admin/ideolab_accesslog/period_filter.html"
    field = "ts"
    SPANS: ClassVar[dict[str, tuple[timedelta, Any]]] = {
        "1h": (timedelta(hours=1), _("last hour")),
        "24h": (timedelta(days=1), _("last 24 hours")),
        "7d": (timedelta(days=7), _("last 7 days")),
        "30d": (timedelta(days=30), _("last 30 days")),
    }
    #: the fields of the form; they begin with the name of the filter, so that its links remove them
    DAYS = ("period_from", "period_to")

    def __init__(self, request: Any, params: dict[str, Any], model: Any, model_admin: Any) -> None:
        super().__init__(request, params, model, model_admin)
        #: parameters of the list that the form repeats
        self.others: list[tuple[str, Any]] = []
        given = [_pop_last(params, name) for name in self.DAYS]
        days = given if any(given) else [self.value() or ""] * 2
        self.first, self.last = map(_read_day, days)

    def expected_parameters(self) -> list[str]:
        """Return the parameters that belong to this filter."""
        return [self.parameter_name, *self.DAYS]

    def lookups(self, _request: Any, _model_admin: Any) -> Choices:
        """Return the choices: (value, label)."""
        return tuple((name, label) for name, (_span, label) in self.SPANS.items())

    def choices(self, changelist: Any) -> Iterator[dict[str, Any]]:
        """Yield the links; none of them is chosen while the days are."""
        mine = {*self.expected_parameters(), "p"}
        self.others = [(name, value) for name, value in changelist.params.items() if name not in mine]
        values = (None, *self.SPANS)
        for value, choice in zip(values, super().choices(changelist)):
            query = changelist.get_query_string({self.parameter_name: value}, [self.parameter_name])
            is_chosen = choice["selected"] and not (self.first or self.last)
            yield {**choice, "selected": is_chosen, "query_string": query}

    def queryset(self, _request: Any, queryset: Any) -> Any:
        """Return the rows of the chosen time; all when it is no choice."""
        value = self.value()
        if value in self.SPANS:
            queryset = queryset.filter(**{f"{self.field}__gte": timezone.now() - self.SPANS[value][0]})
        if self.first:
            queryset = queryset.filter(**{f"{self.field}__gte": parse_day(self.first)})
        if self.last:
            queryset = queryset.filter(**{f"{self.field}__lt": next_midnight(parse_day(self.last))})
        return queryset


def _pop_last(params: dict[str, Any], name: str) -> str:
    """Take a parameter out; before Django 5 a value came without its list."""
    found = params.pop(name, "")
    return str(found[-1] if isinstance(found, list) else found)


def _read_day(text: str) -> str:
    """Return a day as browsers write it; nothing for what is none, or no time of a database."""
    try:
        day = parse_day(text)
    except (ValueError, OverflowError):
        return ""
    return f"{day:%Y-%m-%d}" if YEARS[0] <= day.year <= YEARS[1] else ""


class SeenFilter(PeriodFilter):
    """Filters by the time at which an address was last seen."""

    title = _("last seen")
    field = "last_seen"


class StatusFilter(SimpleListFilter):
    """Filters by the class of the status, or one of the usual codes."""

    title = _("status")
    parameter_name = "status"
    RANGES: ClassVar[dict[str, tuple[int, int]]] = {
        "2xx": (200, 299),
        "3xx": (300, 399),
        "4xx": (400, 499),
        "5xx": (500, 599),
    }
    CODES = ("200", "403", "404", "500")

    def lookups(self, _request: Any, _model_admin: Any) -> Choices:
        """Return the choices: (value, label)."""
        return tuple((value, value) for value in (*self.RANGES, *self.CODES))

    def queryset(self, _request: Any, queryset: Any) -> Any:
        """Return the rows of the chosen value; all when it is no choice."""
        value = self.value()
        if value in self.RANGES:
            return queryset.filter(status_code__range=self.RANGES[value])
        return queryset.filter(status_code=int(value)) if value in self.CODES else queryset


class MethodFilter(SimpleListFilter):
    """Filters by the method of a request."""

    title = _("method")
    parameter_name = "method"
    METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")

    def lookups(self, _request: Any, _model_admin: Any) -> Choices:
        """Return the choices: (value, label)."""
        return tuple((method, method) for method in self.METHODS)

    def queryset(self, _request: Any, queryset: Any) -> Any:
        """Return the rows of the chosen value; all when it is no choice."""
        return queryset.filter(method=self.value()) if self.value() in self.METHODS else queryset


class SlowFilter(SimpleListFilter):
    """Filters by the time that the answer took."""

    title = _("duration")
    parameter_name = "slower"
    LIMITS_MS: ClassVar[dict[str, str]] = {"100": "> 100 ms", "1000": "> 1 s", "5000": "> 5 s"}

    def lookups(self, _request: Any, _model_admin: Any) -> Choices:
        """Return the choices: (value, label)."""
        return tuple(self.LIMITS_MS.items())

    def queryset(self, _request: Any, queryset: Any) -> Any:
        """Return the rows of the chosen value; all when it is no choice."""
        value = self.value()
        return queryset.filter(duration_ms__gt=float(value)) if value in self.LIMITS_MS else queryset


class BannedFilter(SimpleListFilter):
    """Filters by the ban that is wanted, and whether the firewall has it."""

    title = _("ban")
    parameter_name = "ban"

    def lookups(self, _request: Any, _model_admin: Any) -> Choices:
        """Return the choices: (value, label)."""
        return (
            ("active", _("banned")),
            ("permanent", _("permanent")),
            ("expired", _("expired")),
            ("missing", _("not confirmed by the firewall")),
            ("none", _("not banned")),
        )

    def queryset(self, _request: Any, queryset: Any) -> Any:
        """Return the rows of the chosen value; all when it is no choice."""
        now = timezone.now()
        value = self.value()
        if value == "none":
            return queryset.filter(is_banned=False)
        banned = queryset.filter(is_banned=True)
        if value == "active":
            return banned.exclude(ban_until__lte=now)
        if value == "permanent":
            return banned.filter(ban_until=None)
        if value == "expired":
            return banned.filter(ban_until__lte=now)
        return banned.filter(missing()) if value == "missing" else queryset
