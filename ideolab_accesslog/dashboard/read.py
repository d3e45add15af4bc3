"""The data of the dashboard while nothing of it can be read: everything is unknown."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

#: how long each period is, as ?period= names it
PERIODS = ("1h", "24h", "7d", "30d")


def read(period: str) -> dict[str, Any]:
    """Return the data of one period as docs/dashboard.md describes it."""
    return {
        "now": timezone.now().isoformat(),
        "period": period,
        "periods": list(PERIODS),
        "verdict": {"level": "unknown", "text": _("Nothing is known yet."), "reasons": []},
        "cards": [],
        "timeline": {"starts": [], "step_s": 3600, "series": [], "other": False},
        "last_bans": [],
        "origins": {"state": "unknown", "since": None, "bans": None, "text": ""},
        "asns": [],
        "countries": [],
        "networks4": [],
        "networks6": [],
        "site": {"state": "unknown", "text": "", "offences": None, "bursts": [], "sensitive": []},
        "sources": [],
    }
