"""The list of addresses that scanned. A ban is confirmed on a page of its own."""

from __future__ import annotations

import functools
from typing import Any, ClassVar, Optional

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import yesno
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.admin import chosen, views
from ideolab_accesslog.admin.filters import BannedFilter, SeenFilter
from ideolab_accesslog.admin.forms import MOST, TIMES, read_reason
from ideolab_accesslog.admin.lists import columns
from ideolab_accesslog.admin.lists.evidence import EvidenceAdmin
from ideolab_accesslog.admin.messages import find_own_address, show_result
from ideolab_accesslog.admin.pages import address, traffic_view
from ideolab_accesslog.admin.permissions import refuse_forbidden
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import TrashIP


@admin.register(TrashIP)
class TrashIPAdmin(EvidenceAdmin):
    """The list of addresses that scanned, with the actions BAN, UNBAN and CHECK."""

    list_display = ("address", "ban", "missing_pages", "sensitive_paths", "path_and_reason", "seen")
    list_display_links = None
    shown_as: ClassVar[dict[str, str]] = {
        **{"ip": "address", "is_banned": "ban", "ban_until": "until", "ban_reason": "why"},
        **{"first_seen": "first", "last_seen": "seen", "applied_at": "confirmed"},
        **{"firewall_error": "said", "iptables_applied": "in_firewall"},
    }
    readonly_fields = ("what_to_do",)
    first = columns.time_column("first_seen", _("first seen"))
    seen = columns.time_column("last_seen", _("last seen"))
    until = columns.time_column("ban_until", _("banned until"))
    confirmed = columns.time_column("applied_at", _("confirmed"))
    said = columns.reply_column("firewall_error", _("what the firewall said"))
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
        """Return the pages of views.py and of pages/ before Django's own."""

        def make_url(name: str, route: str, view: Any) -> Any:
            bound = functools.update_wrapper(functools.partial(view, self), view)
            return path(route, self.admin_site.admin_view(bound), name=f"ideolab_accesslog_traship_{name}")

        return [
            make_url("stats", "stats/", views.show_statistics),
            make_url("ban", "ban/", views.ban_by_hand),
            make_url("address", "address/<path:text>/", address.show_address),
            make_url("traffic", "traffic/", traffic_view.show_traffic),
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

    @admin.display(description=pgettext_lazy("noun", "Ban"), ordering="ban_until")
    def ban(self, row: TrashIP) -> str:
        """Return whether the address is banned, who enforces it, and until when."""
        badges = columns.show_ban(row)
        if not row.is_banned:
            return badges
        until = columns.show_time(row.ban_until) if row.ban_until else gettext("permanent")
        return columns.stack(badges, until)

    @admin.display(description=_("what to do"))
    def what_to_do(self, row: TrashIP) -> str:
        """Return a link to the page of the address, where the buttons are."""
        url = reverse(
            "admin:ideolab_accesslog_traship_address", args=[row.ip], current_app=self.admin_site.name
        )
        link: str = format_html(
            '<a class="ideolab-link" href="{}">{}</a>', url, gettext("ban, unban or check")
        )
        return link

    @admin.display(description=_("in the firewall"))
    def in_firewall(self, row: TrashIP) -> str:
        """Return whether the firewall confirmed that it has the address: a word, since No is no fault."""
        return str(yesno(row.iptables_applied))

    @admin.display(description=_("404"), ordering="count_404")
    def missing_pages(self, row: TrashIP) -> str:
        """Return how often the address asked for pages that do not exist."""
        return columns.show_number(_("404"), row.count_404)

    @admin.display(description=_("sensitive"), ordering="count_sensitive")
    def sensitive_paths(self, row: TrashIP) -> str:
        """Return how often the address asked for sensitive paths."""
        return columns.show_number(_("sensitive"), row.count_sensitive)

    @admin.display(description=_("last path, reason"), ordering="reason")
    def path_and_reason(self, row: TrashIP) -> str:
        """Return the last path, and below it why the address is here."""
        return columns.stack(columns.show_text(row.last_path, 80), row.get_reason_display())

    @admin.display(description=_("reason of the ban"))
    def why(self, row: TrashIP) -> str:
        """Return the reason of the ban; that of the site's own ban is one of the reasons of the list."""
        labels: dict[str, Any] = dict(TrashIP.Reason.choices)
        return str(labels[row.ban_reason]) if row.ban_reason in labels else columns.show_reply(row.ban_reason)

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
        targets = [row.ip for row in self._read_rows(request, queryset)]
        if targets and not refuse_forbidden(request, "unban", targets):
            show_result(request, calls.unban(targets, actor=request.user))

    @admin.action(description=_("CHECK the firewall"), permissions=["view"])
    def check_firewall(self, request: HttpRequest, queryset: Any) -> None:
        """Ask the firewall about the chosen addresses."""
        rows = self._read_rows(request, queryset)
        if rows:
            show_result(request, calls.check([row.ip for row in rows], actor=request.user))

    def _ban(self, request: HttpRequest, queryset: Any, time: str, question: str) -> Optional[HttpResponse]:
        rows = self._read_rows(request, queryset)
        if not rows or refuse_forbidden(request, "ban", [row.ip for row in rows]):
            return None
        if request.POST.get("confirmed") != "yes":
            return self._confirm(request, rows, f"ban_{time}", question)
        reason = read_reason(request)
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
            "rows": [(row, columns.show_ban(row)) for row in rows],
            # as a text: a template writes the number 1234 as 1,234 in some languages
            "chosen": chosen.join(rows),
            "action": action,
            "button": gettext("Ban"),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "executes": conf.TRASHIP_FIREWALL_EXECUTE,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/ideolab_accesslog/confirm.html", context)
