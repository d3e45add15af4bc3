"""The page of the security dashboard: its frame, and the data that it begins with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Optional

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ideolab_accesslog.admin.pages.frame import render_page
from ideolab_accesslog.admin.security import cells, words
from ideolab_accesslog.admin.security.data import read_for
from ideolab_accesslog.admin.security.places import read_period
from ideolab_accesslog.admin.security.stream import can_stream

#: the period of a page that is opened without one
PERIOD = "24h"
#: milliseconds between two questions of a page whose site cannot stream
EVERY_MS = 5000
_SECURITY = "admin:ideolab_accesslog_security_"
#: {kind: permission, view, arguments, query} of the page that a row links to
_LINKS: dict[str, tuple[str, str, list[str], str]] = {
    "address": ("view_traship", "traship_address", [cells.OF], ""),
    "network": ("view_traship", "traship_changelist", [], f"?q={cells.OF}"),
    "asn": ("view_connmonevent", "connmonevent_changelist", [], f"?q={cells.OF}"),
}


def show_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show the page of ?period=1h|24h|7d|30d; view_security."""
    if not request.user.has_perm("ideolab_accesslog.view_security"):
        raise PermissionDenied
    data = cells.clean_texts(read_for(request.user, read_period(request) or PERIOD))
    site = model_admin.admin_site.name
    links = _find_links(request, site)
    context = {
        "periods": [(key, words.PERIODS.get(key, key)) for key in data["periods"]],
        "config": _make_config(request, site, data["period"], links),
        "data": data,
        **_make_rows(data, links),
    }
    return render_page(model_admin, request, "security.html", _("Security dashboard"), context)


def _find_links(request: HttpRequest, site: str) -> dict[str, str]:
    """Return for each kind of row the address of its page, "" where the reader may not see it."""
    found = dict.fromkeys(_LINKS, "")
    for kind, (permission, view, arguments, query) in _LINKS.items():
        if request.user.has_perm(f"ideolab_accesslog.{permission}"):
            try:
                found[kind] = _reverse(f"admin:ideolab_accesslog_{view}", site, arguments) + query
            except NoReverseMatch:
                continue
    return found


def _reverse(view: str, site: str, arguments: Optional[list[str]] = None) -> str:
    return str(reverse(view, args=arguments, current_app=site))


def _make_config(request: HttpRequest, site: str, period: str, links: dict[str, str]) -> dict[str, Any]:
    """Return what the scripts have to know: addresses, words, the site's time zone."""
    query = f"?{urlencode({'period': period})}"
    back = urlencode({REDIRECT_FIELD_NAME: request.get_full_path()})
    return {
        "data": _reverse(f"{_SECURITY}data", site) + query,
        "stream": _reverse(f"{_SECURITY}stream", site) + query if can_stream(request) else None,
        # its buttons lead back to this period
        "detail": _reverse(f"{_SECURITY}detail", site) + query,
        "login": f"{_reverse('admin:login', site)}?{back}",
        "every_ms": EVERY_MS,
        "links": links,
        "of": cells.OF,
        "text_max": cells.TEXT_MAX,
        "zone": timezone.get_current_timezone_name(),
        "words": {
            "levels": words.LEVELS,
            "states": words.STATES,
            "kinds": words.KINDS,
            **words.SCRIPT,
        },
    }


def _make_rows(data: dict[str, Any], links: dict[str, str]) -> dict[str, Any]:
    """Return what the frame shows before a script runs, and all that a reader without scripts sees."""
    now = cells.parse_time(data["now"])
    site = data["site"]
    return {
        "level": words.LEVELS.get(data["verdict"]["level"], words.LEVELS["unknown"]),
        "read_at": cells.show_time(data["now"], now),
        "cards": [{**card, "shown": cells.show_number(card["value"])} for card in data["cards"]],
        "states": words.STATES,
        "has_events": any(one["key"] == "events" and one["state"] == "ok" for one in data["sources"]),
        "sources": [_make_source(source) for source in data["sources"]],
        "bans": [cells.make_ban(row, links, now) for row in (*data["ordered"], *data["last_bans"])],
        "tops": _make_tops(data, links),
        "bursts": [cells.make_burst(row, links, now) for row in site["bursts"]],
        "sensitive": [cells.make_sensitive(row) for row in site["sensitive"]],
        "timeline": _make_timeline(data["timeline"], now),
    }


def _make_source(source: dict[str, Any]) -> dict[str, Any]:
    state = source["state"]
    return {**source, "word": words.STATES.get(state, state), "kind": words.KINDS.get(state, "plain")}


def _make_tops(data: dict[str, Any], links: dict[str, str]) -> list[dict[str, Any]]:
    """Return the lists of who was banned most: heading, column, rows."""
    titles = {
        "asns": (_("Top AS numbers"), _("AS")),
        "countries": (_("Countries"), _("Country")),
        "networks4": (_("Top IPv4 networks (/24)"), _("Network")),
        "networks6": (_("Top IPv6 networks (/64)"), _("Network")),
    }
    return [
        {
            "key": key,
            "title": title,
            "of": of,
            "is_bar": key in ("asns", "countries"),
            "rows": [cells.make_top(row, links) for row in data[key]],
        }
        for key, (title, of) in titles.items()
    ]


def _make_timeline(timeline: dict[str, Any], now: Optional[datetime]) -> dict[str, Any]:
    """Return the table below the chart: a row for each start, a column for each jail."""
    columns = [series["values"] for series in timeline["series"]]
    times = [cells.show_time(start, now) for start in timeline["starts"]]
    if times:
        times[-1] = str(words.SCRIPT["not_over"]) % {"time": times[-1]}
    return {
        "jails": [series["jail"] for series in timeline["series"]],
        "rows": [
            (shown, [cells.show_number(one) for one in values]) for shown, *values in zip(times, *columns)
        ],
    }
