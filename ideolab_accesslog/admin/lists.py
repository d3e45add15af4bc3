"""The lists of the admin. Evidence is read-only; a ban is confirmed on a page of its own."""

from __future__ import annotations

import functools
import re
from typing import Any, ClassVar, Optional

import django
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.core.exceptions import SuspiciousOperation
from django.db import router
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.access.insert import clean
from ideolab_accesslog.admin import export, views
from ideolab_accesslog.admin.filters import (
    BannedFilter,
    MethodFilter,
    PeriodFilter,
    SeenFilter,
    SlowFilter,
    StatusFilter,
)
from ideolab_accesslog.admin.forms import MOST, TIMES
from ideolab_accesslog.admin.messages import find_own_address, show_result
from ideolab_accesslog.admin.paginator import EstimatingPaginator
from ideolab_accesslog.admin.search import TERM_MAX, search
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import AccessLog, FirewallActionLog, NetworkField, TrashIP
from ideolab_accesslog.networks import parse

#: more than a 64-bit column holds
_HUGE = re.compile(r"[0-9]{19}")


class EvidenceAdmin(admin.ModelAdmin):
    """A read-only list that is quick with millions of rows."""

    paginator = EstimatingPaginator
    show_full_result_count = False
    # Django 5 would count each choice of each filter on request
    show_facets = getattr(getattr(admin, "ShowFacets", None), "NEVER", None)
    list_per_page = 50
    list_max_show_all = 200
    actions: ClassVar[Any] = ["export_csv"]
    #: fields that are searched for words
    text_fields: tuple[str, ...] = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: evidence is not added by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: evidence is not changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: only cleanup_accesslog deletes evidence."""
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: Any = None) -> bool:
        """Refuse with a 400 what a database cannot compare: long texts, NUL, huge numbers, no addresses."""
        text = str(value)
        if len(text) > TERM_MAX or "\0" in text or _HUGE.search(text):
            return False
        if lookup.partition("__")[0] == "ip" and not self._is_address(text):
            return False
        # Django 4.2 does not pass the request
        more = (request,) if django.VERSION >= (5, 0) else ()
        return bool(super().lookup_allowed(lookup, value, *more))

    def _is_address(self, text: str) -> bool:
        try:
            parse(text)
        except ValueError:
            return False
        # PostgreSQL takes no spaces around it
        is_bare = text == text.strip()
        return is_bare and ("/" not in text or isinstance(self.opts.get_field("ip"), NetworkField))

    def get_object(self, request: HttpRequest, object_id: str, from_field: Optional[str] = None) -> Any:
        """Return the row of a number; 404 for anything else, which no message may repeat."""
        if not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        return super().get_object(request, object_id, from_field)

    def changelist_view(self, request: HttpRequest, extra_context: Optional[dict[str, Any]] = None) -> Any:
        """Show the list; rows are chosen by their numbers, anything else is a 400."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if any(not key.isdecimal() or len(key) > 18 for key in chosen):
            raise SuspiciousOperation("a chosen row is no number")
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Return the rows that match what was typed, and that none of them comes twice."""
        found = search(queryset, search_term, self.text_fields) if search_term.strip() else queryset
        return found, False

    @admin.display(description=_("address"), ordering="ip")
    def address(self, row: Any) -> str:
        """Return the address with a link to its page."""
        if not row.ip:
            return "-"
        url = reverse("admin:ideolab_accesslog_traship_address", args=[row.ip])
        link: str = format_html('<a href="{}">{}</a>', url, row.ip)
        return link

    @admin.action(description=_("Export as CSV"), permissions=["view"])
    def export_csv(self, _request: HttpRequest, queryset: Any) -> HttpResponse:
        """Send the chosen rows as a file."""
        return export.export_csv(queryset)


@admin.register(AccessLog)
class AccessLogAdmin(EvidenceAdmin):
    """The list of requests."""

    list_display = ("ts", "address", "method", "path_start", "status_code", "duration_ms", "view_name", "who")
    list_display_links = ("ts",)
    list_filter = (PeriodFilter, StatusFilter, MethodFilter, SlowFilter)
    search_fields = ("ip",)
    search_help_text = _("an address, a network (198.51.100.0/24), or words of the path, user agent or view")
    text_fields = ("path", "user_agent", "view_name")
    exclude = ("user",)
    readonly_fields = ("who",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows of ACCESSLOG_DATABASE, with their users where they can be joined."""
        rows = super().get_queryset(request).using(conf.ACCESSLOG_DATABASE)
        # users of another database cannot be joined: their numbers are shown
        is_one = rows.db == router.db_for_read(get_user_model())
        return rows.select_related("user") if is_one else rows

    @admin.display(description=_("path"), ordering="path")
    def path_start(self, row: AccessLog) -> str:
        """Return the first 80 characters of the path."""
        text: str = row.path if len(row.path) <= 80 else f"{row.path[:79]}…"
        return text

    @admin.display(description=_("user"))
    def who(self, row: AccessLog) -> str:
        """Return the user's name; the number alone once the user is deleted."""
        user = row.__dict__["_state"].fields_cache.get("user")
        return "-" if row.user_id is None else str(user or row.user_id)


@admin.register(FirewallActionLog)
class FirewallActionLogAdmin(EvidenceAdmin):
    """The list of bans, unbans and checks."""

    list_display = (
        "ts",
        "action",
        "address",
        "state",
        "rc",
        "actor_name",
        "reason",
        "bantime",
        "duration_ms",
    )
    list_display_links = ("ts",)
    list_filter = (PeriodFilter, "action", "state")
    search_fields = ("ip",)
    search_help_text = _("an address, a network, or words of the name, reason or error")
    text_fields = ("actor_name", "reason", "stderr")
    exclude = ("actor",)


@admin.register(TrashIP)
class TrashIPAdmin(EvidenceAdmin):
    """The list of addresses that scanned, with the actions BAN, UNBAN and CHECK."""

    list_display = (
        *("address", "is_banned", "ban_until", "in_firewall", "reason", "count_404", "count_sensitive"),
        *("last_path_start", "last_seen"),
    )
    list_display_links = None
    list_filter = (BannedFilter, "reason", SeenFilter)
    search_fields = ("ip",)
    search_help_text = _("an address, a network (198.51.100.0/24), or words of the path or user agent")
    text_fields = ("last_path", "last_user_agent", "ban_reason")
    actions: ClassVar[Any] = [
        "ban_24h",
        "ban_7d",
        "ban_permanent",
        "unban_now",
        "check_firewall",
        "export_csv",
    ]
    change_list_template = "admin/ideolab_accesslog/traship/change_list.html"

    def has_ban_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may ban."""
        return bool(request.user.has_perm("ideolab_accesslog.ban_ip"))

    def has_unban_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may lift bans."""
        return bool(request.user.has_perm("ideolab_accesslog.unban_ip"))

    def get_urls(self) -> list[Any]:
        """Return the pages of views.py before Django's own."""

        def make_url(name: str, route: str, view: Any) -> Any:
            bound = functools.update_wrapper(functools.partial(view, self), view)
            return path(route, self.admin_site.admin_view(bound), name=f"ideolab_accesslog_traship_{name}")

        return [
            make_url("stats", "stats/", views.show_statistics),
            make_url("ban", "ban/", views.ban_by_hand),
            make_url("address", "address/<path:text>/", views.show_address),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Optional[dict[str, Any]] = None) -> Any:
        """Show the list, with links to the pages that the user may see."""
        context = {
            **(extra_context or {}),
            "can_ban": self.has_ban_permission(request),
            "can_view_stats": request.user.has_perm("ideolab_accesslog.view_stats"),
        }
        return super().changelist_view(request, context)

    @admin.display(description=_("in the firewall"), boolean=True, ordering="iptables_applied")
    def in_firewall(self, row: TrashIP) -> Optional[bool]:
        """Return whether the firewall has the address; None for one that is neither banned nor there."""
        return row.iptables_applied if row.is_banned or row.iptables_applied else None

    @admin.display(description=_("last path"))
    def last_path_start(self, row: TrashIP) -> str:
        """Return the first 60 characters of the last path."""
        text: str = row.last_path if len(row.last_path) <= 60 else f"{row.last_path[:59]}…"
        return text

    @admin.action(description=_("BAN for 24 hours"), permissions=["ban"])
    def ban_24h(self, request: HttpRequest, queryset: Any) -> Optional[HttpResponse]:
        """Ban the chosen addresses for 24 hours, once it is confirmed."""
        return self._ban(request, queryset, "24h", gettext("Ban these addresses for 24 hours?"))

    @admin.action(description=_("BAN for 7 days"), permissions=["ban"])
    def ban_7d(self, request: HttpRequest, queryset: Any) -> Optional[HttpResponse]:
        """Ban the chosen addresses for 7 days, once it is confirmed."""
        return self._ban(request, queryset, "7d", gettext("Ban these addresses for 7 days?"))

    @admin.action(description=_("BAN permanently"), permissions=["ban"])
    def ban_permanent(self, request: HttpRequest, queryset: Any) -> Optional[HttpResponse]:
        """Ban the chosen addresses permanently, once it is confirmed."""
        return self._ban(request, queryset, "permanent", gettext("Ban these addresses permanently?"))

    @admin.action(description=_("UNBAN"), permissions=["unban"])
    def unban_now(self, request: HttpRequest, queryset: Any) -> None:
        """Lift the bans of the chosen addresses at once."""
        rows = self._read_rows(request, queryset)
        if rows:
            show_result(request, calls.unban([row.ip for row in rows], actor=request.user))

    @admin.action(description=_("CHECK the firewall"), permissions=["view"])
    def check_firewall(self, request: HttpRequest, queryset: Any) -> None:
        """Ask the firewall about the chosen addresses."""
        rows = self._read_rows(request, queryset)
        if rows:
            show_result(request, calls.check([row.ip for row in rows], actor=request.user))

    def _ban(self, request: HttpRequest, queryset: Any, time: str, question: str) -> Optional[HttpResponse]:
        rows = self._read_rows(request, queryset)
        if not rows:
            return None
        if request.POST.get("confirmed") != "yes":
            return self._confirm(request, rows, f"ban_{time}", question)
        reason = clean(" ".join(request.POST.get("reason", "").split()))[:255]
        result = calls.ban(
            [row.ip for row in rows],
            actor=request.user,
            seconds=TIMES[time],
            reason=reason,
            spare=find_own_address(request),
        )
        show_result(request, result)
        return None

    def _read_rows(self, request: HttpRequest, queryset: Any) -> list[TrashIP]:
        rows = list(queryset[: MOST + 1])
        if len(rows) > MOST:
            self.message_user(
                request, gettext("At most %(most)d addresses at once.") % {"most": MOST}, messages.ERROR
            )
            return []
        return rows

    def _confirm(self, request: HttpRequest, rows: list[TrashIP], action: str, question: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("Are you sure?"),
            "question": question,
            "rows": rows,
            "action": action,
            "button": gettext("Ban"),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "executes": conf.TRASHIP_FIREWALL_EXECUTE,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/ideolab_accesslog/confirm.html", context)
