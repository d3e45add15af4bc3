"""The list of bans, unbans and checks."""

from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.admin.ban_state import Badge
from ideolab_accesslog.admin.filters import PeriodFilter
from ideolab_accesslog.admin.lists import columns
from ideolab_accesslog.admin.lists.evidence import EvidenceAdmin
from ideolab_accesslog.models import FirewallActionLog

#: how the state of an action looks
KINDS = {"done": "good", "failed": "bad", "refused": "warn"}


@admin.register(FirewallActionLog)
class FirewallActionLogAdmin(EvidenceAdmin):
    """The list of bans, unbans and checks."""

    list_display = ("when", "act", "address", "result", "who", "duration")
    list_display_links = ("when",)
    list_filter = (PeriodFilter, "action", "state")
    search_fields = ("ip",)
    search_help_text = _("an address, a network, or words of the name, reason or error")
    text_fields = ("actor_name", "reason", "stderr")
    exclude = ("actor",)
    shown_as: ClassVar[dict[str, str]] = {
        **{"ts": "when", "ip": "address", "duration_ms": "duration", "bantime": "span", "state": "result"},
        **{"reason": "why", "stdout": "output", "stderr": "errors"},
    }
    when = columns.time_column("ts", _("time"))
    why = columns.reply_column("reason", _("reason"))
    output = columns.reply_column("stdout", _("output"))
    errors = columns.reply_column("stderr", _("errors"))
    duration = columns.duration_column

    @admin.display(description=_("action"), ordering="action")
    def act(self, row: FirewallActionLog) -> str:
        """Return the action, and below it how long the ban is."""
        return columns.stack(row.get_action_display(), self.span(row))

    @admin.display(description=_("time of the ban"), ordering="bantime")
    def span(self, row: FirewallActionLog) -> str:
        """Return how long the ban is; nothing for an unban or a check."""
        return columns.show_span(row.bantime) if row.action == "ban" else columns.NOTHING

    @admin.display(description=_("state"), ordering="state")
    def result(self, row: FirewallActionLog) -> str:
        """Return how it ended, and below it the exit code, or what was said instead."""
        badge = columns.show_badges([Badge(row.get_state_display(), KINDS.get(row.state, "plain"))])
        code = gettext("exit code %(code)d") % {"code": row.rc} if row.rc else ""
        return columns.stack(badge, code, columns.show_text(columns.show_reply(row.stderr), 80, "said"))

    @admin.display(description=_("who, reason"), ordering="actor_name")
    def who(self, row: FirewallActionLog) -> str:
        """Return the name, and below it the reason."""
        name = columns.show_text(row.actor_name, 60, "name")
        return columns.stack(name, columns.show_text(columns.show_reply(row.reason), 80, "said"))
