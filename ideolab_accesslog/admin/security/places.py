"""Where the pages of bans lead back to, and their own addresses."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from ideolab_accesslog.dashboard.period import PERIODS


class WayBack(NamedTuple):
    """A page that the user may see."""

    url: str
    text: str


def find_way_back(model_admin: Any, request: HttpRequest) -> WayBack:
    """Return the dashboard, the list of TrashIP, or the admin's index: the first that the user may see."""
    site = model_admin.admin_site.name
    if request.user.has_perm("ideolab_accesslog.view_security"):
        url = _reverse("ideolab_accesslog_security_changelist", site)
        period = read_period(request)
        return WayBack(f"{url}?period={period}" if period else url, _("Security dashboard"))
    if request.user.has_perm("ideolab_accesslog.view_traship"):
        return WayBack(_reverse("ideolab_accesslog_traship_changelist", site), _("TrashIP"))
    return WayBack(_reverse("index", site), _("Home"))


def read_period(request: HttpRequest) -> str:
    """Return the period of the dashboard that ?period= names; "" for none."""
    period = request.GET.get("period", "")
    return period if period in PERIODS else ""


def make_url(action: str, of: str, site: Any = None, period: str = "") -> str:
    """Return the page that bans or unbans; NoReverseMatch on a site of the admin without the dashboard."""
    query = {"of": of, **({"period": period} if period else {})}
    return f"{_reverse(f'ideolab_accesslog_security_{action}', site)}?{urlencode(query)}"


def _reverse(name: str, site: Any) -> str:
    return str(reverse(f"admin:{name}", current_app=site))
