"""Unbans from the dashboard, with what they lift and what they leave."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from ideolab_accesslog.admin import ban_state
from ideolab_accesslog.admin.forms import read_reason
from ideolab_accesslog.admin.lists.columns import show_badges
from ideolab_accesslog.admin.messages import show_result
from ideolab_accesslog.admin.pages.frame import render_page
from ideolab_accesslog.admin.pages.timeline import find_names
from ideolab_accesslog.admin.permissions import may_unban
from ideolab_accesslog.admin.security import places, preview
from ideolab_accesslog.admin.security.ban import read_target
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls, texts
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.networks import Wanted, parse_wanted


def unban(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Ask, and lift the ban of ?of= with a POST."""
    wanted = read_target(request)
    if not may_unban(request.user, wanted):
        raise PermissionDenied
    targets = find_targets(wanted)
    if request.method == "POST":
        reason = read_reason(request)
        show_result(request, calls.unban(targets, actor=request.user, reason=reason))
        return HttpResponseRedirect(places.find_way_back(model_admin, request).url)
    return _show(model_admin, request, wanted, targets)


def find_targets(wanted: Wanted) -> list[str]:
    """Return what is banned or in the firewall of an address and its /64; all of it when nothing is known."""
    names = find_names(wanted)
    rows = TrashIP.objects.filter(Q(is_banned=True) | Q(iptables_applied=True), ip__in=names)
    return list(rows.values_list("ip", flat=True)) or names


def _show(model_admin: Any, request: HttpRequest, wanted: Wanted, targets: list[str]) -> HttpResponse:
    rows = {row.ip: row for row in TrashIP.objects.filter(ip__in=targets)}
    shown = [
        (text, rows.get(text), show_badges(ban_state.describe(rows[text])) if text in rows else "")
        for text in targets
    ]
    context = {
        "wanted": str(wanted),
        "rows": [
            (text, row, badges, texts.translate(row.firewall_error) if row else "")
            for text, row, badges in shown
        ],
        "around": [
            (text, _find_url(request, model_admin, text))
            for text in preview.find_bans_around(wanted)
            if text not in targets
        ],
        "executes": conf.TRASHIP_FIREWALL_EXECUTE,
        "back": places.find_way_back(model_admin, request),
    }
    title = _("Lift the ban of %(target)s?") % {"target": wanted}
    return render_page(model_admin, request, "security_unban.html", title, context)


def _find_url(request: HttpRequest, model_admin: Any, text: str) -> str:
    """Return the page that lifts a ban; "" for who may not."""
    if not may_unban(request.user, parse_wanted(text)):
        return ""
    return places.make_url("unban", text, model_admin.admin_site.name, places.read_period(request))
