"""Which permission a ban or an unban needs, by what it hits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ideolab_accesslog.networks import AsNumber, Wanted, is_network, parse_wanted

_APP = "ideolab_accesslog"
#: refused targets that a message names
_NAMED = 5


def may_ban(user: Any, wanted: Wanted) -> bool:
    """Return whether the user may ban it: ban_ip, ban_network or ban_asn."""
    return bool(user.has_perm(f"{_APP}.{_name_ban_permission(wanted)}"))


def may_unban(user: Any, wanted: Wanted) -> bool:
    """Return whether the user may lift its ban: unban_ip, and beyond addresses the permission to ban it."""
    if not user.has_perm(f"{_APP}.unban_ip"):
        return False
    name = _name_ban_permission(wanted)
    return name == "ban_ip" or bool(user.has_perm(f"{_APP}.{name}"))


def refuse_forbidden(request: HttpRequest, action: str, targets: Iterable[str]) -> bool:
    """Return whether the user may not ban or unban one of these, and say which: then nothing is done."""
    may = may_ban if action == "ban" else may_unban
    forbidden = [text for text in targets if not may(request.user, parse_wanted(text))]
    if not forbidden:
        return False
    text = _("Nothing was done: networks and AS numbers need a permission of their own: %(names)s")
    shown = ", ".join(forbidden[:_NAMED]) + (_(" and more") if len(forbidden) > _NAMED else "")
    messages.error(request, text % {"names": shown})
    return True


def _name_ban_permission(wanted: Wanted) -> str:
    """Return the permission of a kind; the /64 of an IPv6 customer is one client, as an IPv4 address is."""
    if isinstance(wanted, AsNumber):
        return "ban_asn"
    return "ban_network" if is_network(wanted) else "ban_ip"
