"""The list of events of fail2ban and connmon."""

from __future__ import annotations

from typing import Any, ClassVar, Optional

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog import databases
from ideolab_accesslog.admin import event_search
from ideolab_accesslog.admin.ban_state import Badge
from ideolab_accesslog.admin.event_filters import AsnFilter, CountryFilter, EventTypeFilter, JailFilter
from ideolab_accesslog.admin.filters import PeriodFilter
from ideolab_accesslog.admin.lists import columns
from ideolab_accesslog.admin.lists.evidence import EvidenceAdmin
from ideolab_accesslog.admin.paginator import keep_newest
from ideolab_accesslog.models import ConnmonEvent

#: parameters of a list that an index answers, or that do not change its query; ?o= is looked at apart
INDEXED = frozenset(("q", "p", "e", "o", "type", "asn", "period", "ts"))
#: columns whose order an index has
ORDERED = ("ts", "start")
#: how the type of an event looks
KINDS = {"ban": "ban", "restored": "ban", "suspect": "warn"}


@admin.register(ConnmonEvent)
class ConnmonEventAdmin(EvidenceAdmin):
    """The list of events."""

    list_display = ("when", "kind", "whom", "origin", "why", "amount")
    list_display_links = ("when",)
    list_filter = (PeriodFilter, EventTypeFilter, JailFilter, CountryFilter, AsnFilter)
    search_fields = ("ip",)
    search_help_text = _(
        "an address, a network (198.51.100.0/24), AS64500, or words of the reason or AS name; "
        "in a large table words, jail and country are looked for among the newest events"
    )
    text_fields = ("reason", "asname")
    shown_as: ClassVar[dict[str, str]] = {
        **{"ts": "when", "type": "kind", "ip": "address", "until": "end", "created_at": "imported"},
        **{"bantime": "span", "reason": "why", "count": "amount"},
    }
    when = columns.time_column("ts", _("time"))
    end = columns.time_column("until", _("until"))
    imported = columns.time_column("created_at", _("imported"))

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the events, of the database that the import writes to."""
        return super().get_queryset(request).using(databases.events())

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Return the events that match what was typed, and that none of them comes twice."""
        found = (
            event_search.search(queryset, search_term, self.text_fields) if search_term.strip() else queryset
        )
        return found, False

    def get_changelist(self, request: HttpRequest, **_others: Any) -> type[ChangeList]:
        """Return the class of the list."""
        return EventList

    @admin.display(description=_("event"), ordering="type")
    def kind(self, row: ConnmonEvent) -> str:
        """Return the type, and below it the jail."""
        badge = columns.show_badges([Badge(row.get_type_display(), KINDS.get(row.type, "plain"))])
        return columns.stack(badge, columns.show_text(row.jail or "", 40, "name"))

    @admin.display(description=_("address, network"), ordering="start")
    def whom(self, row: ConnmonEvent) -> str:
        """Return the address, the network or the AS."""
        if row.ip:
            return str(self.address(row))
        return str(row.subnet or (f"AS{row.asn}" if row.asn else columns.NOTHING))

    @admin.display(description=_("AS, country"), ordering="asn")
    def origin(self, row: ConnmonEvent) -> str:
        """Return the AS with its name, and below it the country."""
        if not row.asn:
            return columns.stack(row.country or columns.NOTHING)
        name = format_html("AS{} {}", row.asn, columns.show_text(row.asname or "", 40, "name"))
        return columns.stack(name if row.asname else f"AS{row.asn}", row.country or "")

    @admin.display(description=_("reason"))
    def why(self, row: ConnmonEvent) -> str:
        """Return the reason, and below it how long the ban is."""
        return columns.stack(columns.show_text(row.reason or "", 120, "said"), self.span(row))

    @admin.display(description=_("time of the ban"), ordering="bantime")
    def span(self, row: ConnmonEvent) -> str:
        """Return how long the ban is; nothing for an event that is none."""
        if row.bantime is None or row.type not in ("ban", "restored"):
            return columns.NOTHING
        return columns.show_span(row.bantime if row.bantime > 0 else None)

    @admin.display(description=_("connections or failures"), ordering="count")
    def amount(self, row: ConnmonEvent) -> str:
        """Return how many connections or failures it had."""
        number: Optional[int] = row.count
        return (
            columns.NOTHING if number is None else columns.show_number(_("connections or failures"), number)
        )


class EventList(ChangeList):
    """The rows of the list; only here they are sorted, for Django 4.2 does it after the search."""

    def get_queryset(self, request: HttpRequest, *excluded: Any) -> Any:
        """Return the events that were asked for; an export has all of them, however long it takes."""
        found = super().get_queryset(request, *excluded)
        is_page = request.method != "POST"
        return keep_newest(found) if is_page and _has_no_index(request, found) else found


def _has_no_index(request: HttpRequest, rows: Any) -> bool:
    """Return whether a filter of the list, or its order, would read the whole table."""
    first = str(next(iter(rows.query.order_by), "-ts")).lstrip("-")
    asked = {name.partition("_")[0] for name, value in request.GET.items() if value}
    return not asked <= INDEXED or first not in ORDERED
