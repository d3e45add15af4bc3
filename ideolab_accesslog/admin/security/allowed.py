"""What of the page's values a visitor may see: those of a table only who may view it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from ideolab_accesslog.dashboard.kept import kept


def read_allowed(user: Any, period: str) -> dict[str, Any]:
    """Return the data of a period; addresses and paths that the site saw are the TrashIP list's."""
    data = kept.read(period)
    if user.has_perm("ideolab_accesslog.view_traship"):
        return data
    text = _("You may not see what the site itself saw: that needs the permission to view TrashIP.")
    return {
        **data,
        "site": {"state": "unknown", "text": text, "offences": None, "bursts": [], "sensitive": []},
    }
