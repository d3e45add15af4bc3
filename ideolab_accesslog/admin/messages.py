"""Shows the result of a firewall call as messages of the admin."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ideolab_accesslog.access.client_ip import resolve
from ideolab_accesslog.firewall.calls import AddressResult, CallResult

#: addresses that one message names
NAMED = 5


def show_result(request: HttpRequest, result: CallResult) -> None:
    """Add one message for each state that some address is in, with the details of the first addresses."""
    for state, level in (
        ("done", messages.SUCCESS),
        ("held", messages.WARNING),
        ("pending", messages.INFO),
        ("repeated", messages.INFO),
        ("skipped", messages.WARNING),
        ("refused", messages.ERROR),
        ("failed", messages.ERROR),
    ):
        found = result.in_state(state)
        if found:
            text = _add_after_colon(_format_count(state, len(found)), _format_details(found))
            messages.add_message(request, level, _add_after_colon(result.action.upper(), text))


def find_own_address(request: HttpRequest) -> list[str]:
    """Return the address that the click comes from, which must not be banned; [] when it is not certain."""
    client = resolve(request.META)
    return [client.ip] if client.ip else []


def _format_count(state: str, count: int) -> str:
    texts = {
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
    return str(texts[state] % {"count": count})


def _format_details(found: Sequence[AddressResult]) -> str:
    named = [f"{one.address[:60]} ({_format_state(one)})" for one in found[:NAMED] if _format_state(one)]
    rest = _(" and more") if named and len(found) > NAMED else ""
    return f"{'; '.join(named)}{rest}"


def _add_after_colon(before: str, after: str) -> str:
    """Return both, with the colon as the language writes it; `before` alone when nothing follows."""
    return _("%(before)s: %(after)s") % {"before": before, "after": after} if after else before


def _format_state(one: AddressResult) -> str:
    if one.state == "done" and one.applied is not None:
        return str(_("in the firewall") if one.applied else _("not in the firewall"))
    return _(one.detail)[:200] if one.detail else ""
