"""The pages beside the admin's lists: statistics, and bans by hand."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from ideolab_accesslog.admin import ban_state
from ideolab_accesslog.admin.forms import TIMES, BanForm
from ideolab_accesslog.admin.lists.columns import show_badges
from ideolab_accesslog.admin.messages import find_own_address, show_result
from ideolab_accesslog.admin.pages.frame import render_page
from ideolab_accesslog.admin.security import places
from ideolab_accesslog.admin.stats import PERIODS, Stats, read_stats
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.networks import AsNumber, is_network, parse_wanted


def show_statistics(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show bans and unbans per day, top scanners and active bans; `?days=7|30|90`."""
    if not request.user.has_perm("ideolab_accesslog.view_stats"):
        raise PermissionDenied
    text = request.GET.get("days", "")
    days = int(text) if text in map(str, PERIODS) else 30
    found = read_stats(days)
    active = [(row, show_badges(ban_state.describe(row))) for row in found.active]
    shown = {"stats": found, "active": active, "chart": _make_chart(found)}
    context = {**shown, "periods": PERIODS, "chosen": days}
    return render_page(model_admin, request, "stats.html", _("Statistics"), context)


def _make_chart(found: Stats) -> dict[str, Any]:
    return {
        "days": [day.day.isoformat() for day in found.days],
        "series": [
            {"label": _("Bans"), "colour": "bad", "values": [day.bans for day in found.days]},
            {"label": _("Unbans"), "colour": "main", "values": [day.unbans for day in found.days]},
        ],
    }


def ban_by_hand(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Ban addresses that need not be in TrashIP yet."""
    if not model_admin.has_ban_permission(request):
        raise PermissionDenied
    if request.method == "POST" and (page := _find_preview(request, model_admin)):
        return HttpResponseRedirect(page)
    form = BanForm(request.POST or None, initial={"addresses": request.GET.get("addresses", "")})
    if request.method == "POST" and form.is_valid():
        wanted = form.cleaned_data
        result = calls.ban(
            wanted["addresses"],
            actor=request.user,
            seconds=TIMES[wanted["time"]],
            reason=wanted["reason"],
            spare=find_own_address(request),
        )
        show_result(request, result)
        site = model_admin.admin_site.name
        return HttpResponseRedirect(reverse("admin:ideolab_accesslog_traship_changelist", current_app=site))
    context = {"form": form, "executes": conf.TRASHIP_FIREWALL_EXECUTE}
    return render_page(model_admin, request, "ban.html", _("Ban addresses"), context)


def _find_preview(request: HttpRequest, model_admin: Any) -> str:
    """Return the page that shows what the ban of one network or AS would hit; "" for anything else."""
    try:
        wanted = parse_wanted(request.POST.get("addresses", ""))
        if isinstance(wanted, AsNumber) or is_network(wanted):
            return places.make_url("ban", str(wanted), model_admin.admin_site.name)
    except (ValueError, NoReverseMatch):
        pass
    return ""
