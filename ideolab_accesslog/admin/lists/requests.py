"""The list of requests."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import router
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog import databases
from ideolab_accesslog.admin.ban_state import Badge
from ideolab_accesslog.admin.filters import MethodFilter, PeriodFilter, SlowFilter, StatusFilter
from ideolab_accesslog.admin.lists import columns
from ideolab_accesslog.admin.lists.evidence import EvidenceAdmin
from ideolab_accesslog.models import AccessLog


@admin.register(AccessLog)
class AccessLogAdmin(EvidenceAdmin):
    """The list of requests."""

    rows_change = False
    list_display = ("when", "client", "request_line", "status", "duration")
    list_display_links = ("when",)
    list_filter = (PeriodFilter, StatusFilter, MethodFilter, SlowFilter)
    search_fields = ("ip",)
    search_help_text = _("an address, a network (198.51.100.0/24), or words of the path, user agent or view")
    text_fields = ("path", "user_agent", "view_name")
    exclude = ("user",)
    readonly_fields = ("who",)
    shown_as: ClassVar[dict[str, str]] = {"ts": "when", "ip": "address", "duration_ms": "duration"}
    when = columns.time_column("ts", _("time"))
    duration = columns.duration_column

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows of the access log, with their users where they can be joined."""
        rows = super().get_queryset(request).using(databases.requests())
        # users of another database cannot be joined: their numbers are shown
        is_one = rows.db == router.db_for_read(get_user_model())
        return rows.select_related("user") if is_one else rows

    @admin.display(description=_("address, user"), ordering="ip")
    def client(self, row: AccessLog) -> str:
        """Return the address, and below it the user."""
        return columns.stack(self.address(row), columns.show_text(self.who(row), 60, "name"))

    @admin.display(description=_("request, view"), ordering="path")
    def request_line(self, row: AccessLog) -> str:
        """Return method and path, and below them the view."""
        path = format_html("{} {}", row.method, columns.show_text(row.path, 120))
        return columns.stack(path, columns.show_text(row.view_name, 80, "name"))

    @admin.display(description=_("status"), ordering="status_code")
    def status(self, row: AccessLog) -> str:
        """Return the code of the answer; those of an error of the site stand out."""
        kind = "bad" if row.status_code >= 500 else "warn" if row.status_code >= 400 else "plain"
        return columns.show_badges([Badge(str(row.status_code), kind)])

    @admin.display(description=_("user"))
    def who(self, row: AccessLog) -> str:
        """Return the user's name; the number alone once the user is deleted."""
        user = row.__dict__["_state"].fields_cache.get("user")
        # not its str(), which may ask the database for each row
        return columns.NOTHING if row.user_id is None else str(user.get_username() if user else row.user_id)
