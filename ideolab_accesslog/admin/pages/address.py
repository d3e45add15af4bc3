"""The page of one address, network or AS: what is known of it, and BAN, UNBAN and CHECK.

Networks and AS numbers are banned on the dashboard's own pages, which show first what it would hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from ideolab_accesslog import networks
from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.admin import ban_state
from ideolab_accesslog.admin.forms import TIMES, BanForm, read_reason
from ideolab_accesslog.admin.lists import columns
from ideolab_accesslog.admin.messages import find_own_address, show_result
from ideolab_accesslog.admin.pages.frame import render_page
from ideolab_accesslog.admin.pages.timeline import Timeline, find_names, read_timeline
from ideolab_accesslog.admin.search import match_network
from ideolab_accesslog.admin.security.buttons import find_buttons
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls, texts
from ideolab_accesslog.models import TrashIP

#: rows of single addresses that the page of a /64 lists
NEWEST = 100
#: characters of a page's number
_NUMBER_MAX = 4


def show_address(model_admin: Any, request: HttpRequest, text: str) -> HttpResponse:
    """Show one address, from all tables that the visitor may see; a POST bans, lifts or checks it."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    try:
        wanted = networks.parse_wanted(text)
    except ValueError as error:
        raise Http404(_("Not an address: %(words)s") % {"words": text[:60]}) from error
    if request.method == "POST":
        return _act(model_admin, request, wanted)
    context = _make_context(model_admin, request, wanted)
    return render_page(model_admin, request, "address.html", str(wanted), context)


def _make_context(model_admin: Any, request: HttpRequest, wanted: networks.Wanted) -> dict[str, Any]:
    names, timeline = find_names(wanted), _read_timeline(request, wanted)
    trash = _find_row(names)
    return {
        "address": wanted,
        "trash": trash,
        "badges": columns.show_badges(ban_state.describe(trash)) if trash else "",
        "said": texts.translate(trash.firewall_error) if trash else "",
        "timeline": timeline,
        "page": timeline.page,
        "inside": _find_bans_inside(wanted),
        "targets": names[::-1],
        "times": BanForm.base_fields["time"].choices,
        "buttons": [] if _is_client(wanted) else find_buttons(request, wanted),
        "can_ban": model_admin.has_ban_permission(request) and _is_client(wanted),
        "can_unban": model_admin.has_unban_permission(request) and _is_client(wanted),
        "executes": conf.TRASHIP_FIREWALL_EXECUTE,
    }


def _read_timeline(request: HttpRequest, wanted: networks.Wanted) -> Timeline:
    """Return the page of the timeline that ?page= names, the first one for anything else."""
    page, may = request.GET.get("page", ""), request.user.has_perm
    return read_timeline(
        wanted,
        int(page) if page.isdecimal() and len(page) <= _NUMBER_MAX else 1,
        has_requests=may("ideolab_accesslog.view_accesslog"),
        has_actions=may("ideolab_accesslog.view_firewallactionlog"),
    )


def _is_client(wanted: networks.Wanted) -> bool:
    """Return whether it is an address, or the /64 of one customer."""
    return not isinstance(wanted, networks.AsNumber) and not networks.is_network(wanted)


def _find_row(names: Sequence[str]) -> Any:
    """Return the row of an address: the one that is banned, or was seen last."""
    return TrashIP.objects.filter(ip__in=names).order_by("-is_banned", "-last_seen").first()


def _act(model_admin: Any, request: HttpRequest, wanted: networks.Wanted) -> HttpResponse:
    """Ban, lift or check, and show the page again; a ban asks once more."""
    action, names = request.POST.get("action"), find_names(wanted)
    if action != "check" and not _is_client(wanted):
        raise SuspiciousOperation("a ban of a network without its preview")
    if action == "ban":
        return _ban(model_admin, request, names)
    if action == "unban":
        if not model_admin.has_unban_permission(request):
            raise PermissionDenied
        show_result(request, calls.unban(_find_bans(names), actor=request.user))
    elif action == "check":
        show_result(request, calls.check(names, actor=request.user))
    else:
        raise SuspiciousOperation("an action that the page of an address does not have")
    return HttpResponseRedirect(request.path)


def _ban(model_admin: Any, request: HttpRequest, names: Sequence[str]) -> HttpResponse:
    if not model_admin.has_ban_permission(request):
        raise PermissionDenied
    target, time = request.POST.get("target"), request.POST.get("time", "")
    if target not in names or time not in TIMES:
        raise SuspiciousOperation("a ban that the page of an address does not offer")
    reason = read_reason(request)
    if request.POST.get("confirmed") != "yes":
        return _confirm(model_admin, request, target, time, reason)
    result = calls.ban(
        [target],
        actor=request.user,
        seconds=TIMES[time],
        reason=reason,
        spare=find_own_address(request),
    )
    show_result(request, result)
    return HttpResponseRedirect(request.path)


def _confirm(model_admin: Any, request: HttpRequest, target: str, time: str, reason: str) -> HttpResponse:
    row = TrashIP.objects.filter(ip=target).first()
    questions = {
        "24h": _("Ban %(address)s for 24 hours?"),
        "7d": _("Ban %(address)s for 7 days?"),
        "permanent": _("Ban %(address)s permanently?"),
    }
    context = {
        "question": questions[time] % {"address": target},
        "row": row,
        "badges": columns.show_ban(row),
        "last_path": to_printable(row.last_path, 80) if row else "",
        "target": target,
        "time": time,
        "reason": reason,
        "back": request.path,
        "executes": conf.TRASHIP_FIREWALL_EXECUTE,
    }
    return render_page(model_admin, request, "address_ban.html", _("Are you sure?"), context)


def _find_bans(names: Sequence[str]) -> list[str]:
    """Return what of an address and its /64 is banned or in the firewall; all of it when nothing is known."""
    rows = TrashIP.objects.filter(ip__in=names)
    found = [row.ip for row in rows if row.is_banned or row.iptables_applied]
    return found or list(names)


def _find_bans_inside(wanted: networks.Wanted) -> Sequence[TrashIP]:
    """Return the rows in a network that are banned by themselves: its UNBAN leaves them."""
    if not isinstance(wanted, (IPv4Network, IPv6Network)):
        return ()
    around = [str(wanted), *networks.find_networks_around(wanted)]
    banned = TrashIP.objects.filter(is_banned=True).exclude(ip__in=around)
    return banned.filter(match_network(banned, wanted))[:NEWEST]  # type: ignore[no-any-return]
