"""Filters of the admin lists. Each is a range or a constant: none asks the database for its choices, and none
needs the time-zone tables that MySQL may not have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.admin.ban_state import missing
from ideolab_accesslog.admin.days import midnight, next_midnight, parse_day

Choices = tuple[tuple[str, Any], ...]


class PeriodFilter(SimpleListFilter):
    """Filters by the time of a row: the last hours, or one of the last days."""

    title = _("time")
    parameter_name = "period"
    field = "ts"
    SPANS: ClassVar[dict[str, tuple[timedelta, Any]]] = {
        "1h": (timedelta(hours=1), _("last hour")),
        "24h": (timedelta(days=1), _("last 24 hours")),
        "7d": (timedelta(days=7), _("last 7 days")),
        "30d": (timedelta(days=30), _("last 30 days")),
    }
    DAYS = 7

    def lookups(self, _request: Any, _model_admin: Any) -> Choices:
        """Return the choices: (value, label)."""
        days = [midnight(ago) for ago in range(self.DAYS)]
        spans = [(name, label) for name, (_span, label) in self.SPANS.items()]
        return (*spans, *((f"{day:%Y-%m-%d}", f"{day:%Y-%m-%d}") for day in days))

    def queryset(self, _request: Any, queryset: Any) -> Any:
        """Return the rows of the chosen value; all when it is no choice."""
        value = self.value()
        if value in self.SPANS:
            return queryset.filter(**{f"{self.field}__gte": timezone.now() - self.SPANS[value][0]})
        try:
            start = parse_day((value or "")[:10])
            end = next_midnight(start)
        except (ValueError, OverflowError):
            return queryset
        return queryset.filter(**{f"{self.field}__gte": start, f"{self.field}__lt": end})


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
