"""Shows the result of a firewall call as messages of the admin: what the site does now, and the firewall."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple, Optional

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from ideolab_accesslog.access.client_ip import resolve
from ideolab_accesslog.admin.ban_state import is_as, site_refuses
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.firewall.calls import AddressResult, CallResult
from ideolab_accesslog.networks import is_network, parse_wanted

#: addresses that one message names
NAMED = 5
#: the order of the messages, and the level of each
_LEVELS: dict[str, int] = {
    "done": messages.SUCCESS,
    "held": messages.WARNING,
    "pending": messages.INFO,
    "repeated": messages.INFO,
    "skipped": messages.WARNING,
    "refused": messages.ERROR,
    "failed": messages.ERROR,
}
#: what is said of networks and AS numbers, whose names follow
_STATES = {
    "done": gettext_lazy("done"),
    "held": gettext_lazy("held by another jail"),
    "pending": gettext_lazy("noted"),
    "repeated": gettext_lazy("asked for a moment ago"),
    "skipped": gettext_lazy("not executed"),
    "refused": gettext_lazy("refused"),
    "failed": gettext_lazy("failed"),
}
#: states in which the row has changed, whatever the firewall did
_CHANGED_ROW = ("done", "held", "skipped", "failed")


class MessageGroup(NamedTuple):
    """What one message is about. `applied`: whether the firewall has the addresses; None = unknown.

    `kind` is "address" (the /64 of a customer too), "network" or "as".
    """

    action: str
    state: str
    applied: Optional[bool]
    detail: str
    kind: str = "address"


def show_result(request: HttpRequest, result: CallResult) -> None:
    """Add one message for each state that some address is in, with the details of the first addresses."""
    groups: dict[MessageGroup, list[AddressResult]] = {}
    for one in result.in_state(*_LEVELS):
        groups.setdefault(_find_group(result.action, one), []).append(one)
    for group in sorted(groups, key=_rank):
        found = groups[group]
        clauses = [_format_count(group, len(found)), _say_site(group), _say_firewall(group)]
        text = _add_after_colon(reduce(_join, filter(None, clauses)), _format_details(group, found))
        messages.add_message(request, _find_level(group), _add_after_colon(group.action.upper(), text))


def find_own_address(request: HttpRequest) -> list[str]:
    """Return the address that the click comes from, which must not be banned; [] when it is not certain."""
    client = resolve(request.META)
    return [client.ip] if client.ip else []


def _find_group(action: str, one: AddressResult) -> MessageGroup:
    applied = one.applied if one.state == "done" and action != "check" else None
    noted = texts.NOT_EXECUTED if one.state == "skipped" and one.detail == texts.NOT_EXECUTED else ""
    return MessageGroup(action, one.state, applied, noted, _find_kind(one.address))


def _find_kind(text: str) -> str:
    if is_as(text):
        return "as"
    try:
        return "network" if "/" in text and is_network(parse_wanted(text)) else "address"
    except ValueError:
        # what somebody typed, and was refused
        return "address"


def _rank(group: MessageGroup) -> tuple[int, bool, str, str]:
    return list(_LEVELS).index(group.state), group.applied is not True, group.detail, group.kind


def _find_level(group: MessageGroup) -> int:
    if group.detail and group.action != "check":
        # the site does what its settings say
        return int(messages.SUCCESS)
    if (group.action, group.applied) == ("ban", False):
        return int(messages.WARNING)
    return _LEVELS[group.state]


def _format_count(group: MessageGroup, count: int) -> str:
    if group.state in _CHANGED_ROW and group.action == "ban":
        text = _format_ban_count(group.kind, count)
    elif group.state in _CHANGED_ROW and group.action == "unban":
        text = ngettext("%(count)d ban lifted", "%(count)d bans lifted", count)
    else:
        text = _format_state_count(group, count)
    return str(text % {"count": count})


def _format_ban_count(kind: str, count: int) -> str:
    if kind == "as":
        return str(ngettext("%(count)d AS banned", "%(count)d ASes banned", count))
    if kind == "network":
        return str(ngettext("%(count)d network banned", "%(count)d networks banned", count))
    return str(ngettext("%(count)d address banned", "%(count)d addresses banned", count))


def _format_state_count(group: MessageGroup, count: int) -> str:
    if group.kind != "address":
        return str(_STATES[group.state])
    texts_of = {
        "done": ngettext("%(count)d address done", "%(count)d addresses done", count),
        "held": ngettext(
            "%(count)d address held by another jail", "%(count)d addresses held by another jail", count
        ),
        "pending": ngettext("%(count)d address noted", "%(count)d addresses noted", count),
        "repeated": ngettext(
            "%(count)d address already asked for a moment ago",
            "%(count)d addresses already asked for a moment ago",
            count,
        ),
        "skipped": ngettext("%(count)d address not executed", "%(count)d addresses not executed", count),
        "refused": ngettext("%(count)d address refused", "%(count)d addresses refused", count),
        "failed": ngettext("%(count)d address failed", "%(count)d addresses failed", count),
    }
    return str(texts_of[group.state])


def _say_site(group: MessageGroup) -> str:
    """Return what the site itself does now with these addresses."""
    if group.state not in _CHANGED_ROW or group.action == "check":
        return ""
    if group.kind == "as":
        return str(_("the site itself does not know its networks")) if group.action == "ban" else ""
    if group.action == "unban":
        return str(_("the site answers again"))
    if site_refuses():
        return str(_("the site answers 403"))
    return str(_("not refused by the site (TRASHIP_BLOCK_BANNED)"))


def _say_firewall(group: MessageGroup) -> str:
    """Return what the firewall was told, and what it has now."""
    if group.state not in _CHANGED_ROW or group.action == "check":
        return ""
    if group.detail:
        return str(_(texts.NOT_EXECUTED))
    if group.state == "skipped":
        return str(_("no firewall was told"))
    if group.state == "failed":
        return str(_("the firewall failed"))
    if group.state == "held":
        return str(_("held by another jail"))
    if group.applied is None:
        return str(_("fail2ban was told"))
    return str(_("in the firewall") if group.applied else _("not in the firewall"))


def _format_details(group: MessageGroup, found: Sequence[AddressResult]) -> str:
    named = [_format_address(group, one) for one in found[:NAMED]]
    rest = _(" and more") if len(found) > NAMED else ""
    return f"{reduce(_join, named)}{rest}"


def _format_address(group: MessageGroup, one: AddressResult) -> str:
    """Return the address, and in parentheses what its message does not say already."""
    said = _format_detail(group, one)
    return f"{one.address[:60]} ({said})" if said else one.address[:60]


def _format_detail(group: MessageGroup, one: AddressResult) -> str:
    if one.state == "done":
        is_said = one.applied is None or group.action != "check"
        return "" if is_said else str(_("in the firewall") if one.applied else _("not in the firewall"))
    is_said = bool(group.detail) and group.action != "check"
    return "" if is_said else texts.translate(one.detail)[:200]


def _join(before: str, after: str) -> str:
    return str(_("%(before)s; %(after)s") % {"before": before, "after": after})


def _add_after_colon(before: str, after: str) -> str:
    """Return both, with the colon as the language writes it; `before` alone when nothing follows."""
    return _("%(before)s: %(after)s") % {"before": before, "after": after} if after else before
