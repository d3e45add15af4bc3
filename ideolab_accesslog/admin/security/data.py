"""The dashboard's data, as far as a visitor may see it; as JSON for pages that ask again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from ideolab_accesslog.dashboard.kept import kept


def send_data(model_admin: Any, request: HttpRequest) -> JsonResponse:
    """Send the data of ?period=; the permission was checked by make_json_view."""
    return JsonResponse(read_for(request.user, request.GET.get("period", "")))


def read_for(user: Any, period: str) -> dict[str, Any]:
    """Return the data of a period; addresses and paths that the site saw are the TrashIP list's.

    Who ordered a ban, and why, is the audit's.
    """
    data = kept.read(period)
    if not user.has_perm("ideolab_accesslog.view_firewallactionlog"):
        data = {**data, "ordered": [{**row, "who": "", "reason": ""} for row in data["ordered"]]}
    if user.has_perm("ideolab_accesslog.view_traship"):
        return data
    text = _("You may not see what the site itself saw: that needs the permission to view TrashIP.")
    site = {"state": "unknown", "text": text, "offences": None, "bursts": [], "sensitive": []}
    return {**data, "site": site}
