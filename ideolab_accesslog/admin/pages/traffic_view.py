"""The page of the traffic: requests, visitors, errors and what was asked for most."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from ideolab_accesslog.admin.lists import columns
from ideolab_accesslog.admin.pages.frame import render_page
from ideolab_accesslog.admin.pages.traffic import MOST, NEWEST, Traffic, is_logged, read_traffic
from ideolab_accesslog.admin.stats import PERIODS
from ideolab_accesslog.conf import conf


def show_traffic(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show the traffic of the last days; `?days=7|30|90`."""
    if not request.user.has_perm("ideolab_accesslog.view_stats"):
        raise PermissionDenied
    text = request.GET.get("days", "")
    days = int(text) if text in map(str, PERIODS) else PERIODS[0]
    found = read_traffic(days)
    context = {
        "traffic": found,
        "median": columns.show_duration(found.median_ms),
        "slowest": columns.show_duration(found.slowest_ms),
        "chart": _make_chart(found),
        "periods": PERIODS,
        "chosen": days,
        "most": MOST,
        "newest": NEWEST,
        "is_on": conf.ACCESSLOG_ENABLED,
        "statuses": ", ".join(map(str, conf.ACCESSLOG_STATUS_CODES)),
        "has_client_errors": found.client_errors is not None,
        "has_server_errors": found.server_errors is not None,
        "has_all_errors": is_logged(4) and is_logged(5),
        "percent": _percent(),
        "tables": _make_tables(found),
    }
    return render_page(model_admin, request, "traffic.html", _("Traffic"), context)


def _percent() -> str:
    """Return the part of the requests that is logged, "" for all of them."""
    rate = float(conf.ACCESSLOG_SAMPLE_RATE)
    return "" if rate >= 1.0 else f"{100 * rate:g}"


def _make_chart(found: Traffic) -> dict[str, Any]:
    series = [
        {"label": _("Requests"), "colour": "main", "values": [day.requests for day in found.days]},
        {
            "label": _("Visitors"),
            "colour": "second",
            "values": [None if day.requests is None else day.visitors for day in found.days],
        },
    ]
    if found.client_errors is not None or found.server_errors is not None:
        series.append(
            {
                "label": _("Errors"),
                "colour": "bad",
                "values": [
                    None if day.requests is None else day.client_errors + day.server_errors
                    for day in found.days
                ],
            }
        )
    return {"days": [day.day.isoformat() for day in found.days], "series": series}


def _make_tables(found: Traffic) -> list[dict[str, Any]]:
    """Return the tables of the page: heading, what is counted, whether the texts are a client's, rows."""
    requests = _("Requests")
    return [
        {"title": _("Top paths"), "of": _("Path"), "count": requests, "is_code": True, "rows": found.paths},
        {
            "title": _("Top missing paths"),
            "of": _("Path"),
            "count": _("Addresses"),
            "is_code": True,
            "rows": found.missing,
            "note": _("From the offences, which are kept whatever the access log holds."),
        },
        {"title": _("Statuses"), "of": _("Status"), "count": requests, "rows": found.statuses},
        {
            "title": _("Links from other sites"),
            "of": _("Host"),
            "count": requests,
            "is_code": True,
            "rows": found.referrers,
        },
        {"title": _("Browsers and programs"), "of": _("Name"), "count": requests, "rows": found.browsers},
    ]
