"""The pages beside the admin's lists: statistics, one address, bans by hand."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Network, ip_network
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from ideolab_accesslog import networks
from ideolab_accesslog.admin.forms import TIMES, BanForm
from ideolab_accesslog.admin.messages import find_own_address, show_result
from ideolab_accesslog.admin.search import match_network
from ideolab_accesslog.admin.stats import PERIODS, Stats, read_stats
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP

#: newest rows of each table on the page of an address
NEWEST = 100


def show_statistics(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show bans and unbans per day, top scanners and active bans; `?days=7|30|90`."""
    if not request.user.has_perm("ideolab_accesslog.view_stats"):
        raise PermissionDenied
    text = request.GET.get("days", "")
    days = int(text) if text in map(str, PERIODS) else 30
    found = read_stats(days)
    context = {"stats": found, "chart": _make_chart(found), "periods": PERIODS, "chosen": days}
    return _render(model_admin, request, "admin/ideolab_accesslog/stats.html", _("Statistics"), context)


def _make_chart(found: Stats) -> dict[str, Any]:
    return {
        "labels": {"bans": _("Bans"), "unbans": _("Unbans")},
        "days": [day.day.isoformat() for day in found.days],
        "bans": [day.bans for day in found.days],
        "unbans": [day.unbans for day in found.days],
    }


def show_address(model_admin: Any, request: HttpRequest, text: str) -> HttpResponse:
    """Show one address, from all tables that the visitor may see."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        wanted = networks.parse(text)
    except ValueError as error:
        raise Http404(_("Not an address: %(words)s") % {"words": text[:60]}) from error
    may = request.user.has_perm
    log = AccessLog.objects.using(conf.ACCESSLOG_DATABASE)
    # an address is counted and banned with its /64
    rows = {"ip__in": _find_names(wanted)}
    context = {
        "address": wanted,
        "trash": TrashIP.objects.filter(**rows).order_by("-is_banned", "-last_seen").first(),
        "requests": log.filter(match_network(log.all(), ip_network(wanted)))[:NEWEST]
        if may("ideolab_accesslog.view_accesslog")
        else (),
        "actions": FirewallActionLog.objects.filter(**rows)[:NEWEST]
        if may("ideolab_accesslog.view_firewallactionlog")
        else (),
        "inside": _find_bans_inside(wanted),
        "can_ban": model_admin.has_ban_permission(request),
        "can_unban": model_admin.has_unban_permission(request),
    }
    return _render(model_admin, request, "admin/ideolab_accesslog/address.html", str(wanted), context)


def _find_names(wanted: networks.Target) -> set[str]:
    """Return the texts under which TrashIP may have an address: its own, and its /64."""
    text = str(wanted)
    return {text} if "/" in text else {text, networks.network_of(text)}


def _find_bans_inside(wanted: networks.Target) -> Sequence[TrashIP]:
    """Return the rows of a /64's single addresses that are banned by themselves: its UNBAN leaves them."""
    if not isinstance(wanted, IPv6Network):
        return ()
    banned = TrashIP.objects.filter(is_banned=True).exclude(ip=str(wanted))
    return banned.filter(match_network(banned, wanted))[:NEWEST]  # type: ignore[no-any-return]


def ban_by_hand(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Ban addresses that need not be in TrashIP yet."""
    if not model_admin.has_ban_permission(request):
        raise PermissionDenied
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
        return HttpResponseRedirect(reverse("admin:ideolab_accesslog_traship_changelist"))
    context = {"form": form, "executes": conf.TRASHIP_FIREWALL_EXECUTE}
    return _render(model_admin, request, "admin/ideolab_accesslog/ban.html", _("Ban addresses"), context)


def _render(
    model_admin: Any, request: HttpRequest, template: str, title: str, context: dict[str, Any]
) -> HttpResponse:
    whole = {**model_admin.admin_site.each_context(request), "opts": TrashIP._meta, "title": title, **context}
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, template, whole)
