"""Bans from the dashboard, each with a preview before it is confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NamedTuple, Optional

from django.contrib import messages
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _

from ideolab_accesslog.admin import ban_state
from ideolab_accesslog.admin.forms import TIMES, BanForm, read_reason
from ideolab_accesslog.admin.lists.columns import show_badges
from ideolab_accesslog.admin.messages import find_own_address, show_result
from ideolab_accesslog.admin.pages.frame import render_page
from ideolab_accesslog.admin.permissions import may_ban
from ideolab_accesslog.admin.security import hits, places, preview, shown
from ideolab_accesslog.admin.security.preview import BanPreview
from ideolab_accesslog.admin.security.shown import ShownPreview
from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.firewall.intents import REPEAT_S
from ideolab_accesslog.models import FirewallActionLog
from ideolab_accesslog.networks import AsNumber, Wanted, parse_wanted


class _Typed(NamedTuple):
    """What the form says beside the preview."""

    time: str = "24h"
    reason: str = ""
    knows: bool = False


def ban(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show what a ban of ?of= would hit; a POST makes it."""
    wanted = read_target(request)
    if not may_ban(request.user, wanted):
        raise PermissionDenied
    if request.method != "POST":
        return _show(model_admin, request, preview.make(request, wanted), _Typed())
    typed = _read_form(request)
    was = shown.read(request.POST.get("preview", ""), wanted, request.user)
    why = _find_reason_to_look_again(request, wanted, was, typed)
    if why:
        messages.warning(request, why)
        return _show(model_admin, request, preview.make(request, wanted), typed)
    result = calls.ban(
        [str(wanted)],
        actor=request.user,
        seconds=TIMES[typed.time],
        reason=typed.reason,
        spare=find_own_address(request),
        as_networks={str(wanted): was.networks} if was and was.networks is not None else None,
    )
    show_result(request, result)
    return HttpResponseRedirect(places.find_way_back(model_admin, request).url)


def read_target(request: HttpRequest) -> Wanted:
    """Return what ?of= names; 404 for anything else."""
    text = request.GET.get("of", "")
    try:
        return parse_wanted(text)
    except ValueError as error:
        raise Http404(
            _("No address, no network and no AS number: %(words)s") % {"words": text[:60]}
        ) from error


def _read_form(request: HttpRequest) -> _Typed:
    time = request.POST.get("time", "")
    if time not in TIMES:
        raise SuspiciousOperation("a time that the page does not offer")
    reason = read_reason(request)
    return _Typed(time, reason, request.POST.get("knows") == "yes")


def _find_reason_to_look_again(
    request: HttpRequest, wanted: Wanted, was: Optional[ShownPreview], typed: _Typed
) -> str:
    """Return why the preview is shown again instead of a ban; "" when it may be made."""
    if was is None:
        return str(_("Nothing was banned: this preview is too old. Look at it again."))
    now = preview.make_again(request, wanted, was.networks)
    has_changed = shown.describe_state(now) != was.state and not _is_same_click(request, wanted)
    if now.refusals or has_changed or (now.own.users or 0) > (was.users or 0):
        return str(_("Nothing was banned: what the ban would hit has changed. Look at it again."))
    if now.needs_knowledge and not typed.knows:
        return str(_("Nothing was banned: say that you know who loses access."))
    return ""


def _is_same_click(request: HttpRequest, wanted: Wanted) -> bool:
    """Return whether the user has just made this ban: the second click of two, which calls.ban leaves out."""
    rows = FirewallActionLog.objects.filter(
        ip=str(wanted), action="ban", ts__gte=timezone.now() - timedelta(seconds=REPEAT_S)
    )
    return bool(rows.filter(actor_name=str(request.user.get_username())[:150]).exists())


def _show(model_admin: Any, request: HttpRequest, found: BanPreview, typed: _Typed) -> HttpResponse:
    row = found.row
    context = {
        "wanted": str(found.wanted),
        "is_as": isinstance(found.wanted, AsNumber),
        "found": found,
        "own": found.own,
        "helper": found.helper,
        "badges": show_badges(ban_state.describe(row)) if row else "",
        "row": row,
        "typed": typed,
        "times": BanForm.base_fields["time"].choices,
        "signed": "" if found.refusals else shown.sign(found, request.user),
        "is_sample": conf.ACCESSLOG_SAMPLE_RATE < 1,
        "log_begin": hits.find_begin(),
        "has_no_admin": conf.ACCESSLOG_EXCLUDE_ADMIN,
        "executes": conf.TRASHIP_FIREWALL_EXECUTE,
        "back": places.find_way_back(model_admin, request),
    }
    title = _("Ban %(target)s?") % {"target": found.wanted}
    return render_page(model_admin, request, "security_ban.html", title, context)
