"""What the rows of the page show at its first paint; static/.../security/tables.js does the same later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Optional
from urllib.parse import quote

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from ideolab_accesslog.access.printable import to_printable
from ideolab_accesslog.admin.days import to_local
from ideolab_accesslog.admin.security.words import KINDS, SCRIPT, STATES

#: characters of one text: what is longer fills the page and tells no more
TEXT_MAX = 300
#: a time of the last day is told without its day
_DAY = timedelta(hours=24)
#: so is one to come: `until 21:15` at 21:37 would look like a ban that is over
_TO_COME = timedelta(hours=12)
#: what stands for the address in the pattern of a link; a site may live below /OFFICE/
OF = "~OF~"


def clean_texts(value: Any) -> Any:
    """Return data whose texts are short and printable, the keys as they are."""
    if isinstance(value, str):
        return to_printable(value, TEXT_MAX)
    if isinstance(value, dict):
        return {key: clean_texts(one) for key, one in value.items()}
    return [clean_texts(one) for one in value] if isinstance(value, (list, tuple)) else value


def parse_time(text: Any) -> Optional[datetime]:
    """Return the time that an ISO 8601 text names, None for anything else."""
    try:
        # Python before 3.11 does not read the Z
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else None


def show_time(text: Any, now: Optional[datetime]) -> str:
    """Return `14:52:01` for a time that is near, else `2026-11-29 14:52`, in the site's time zone."""
    when = parse_time(text)
    if when is None:
        return ""
    is_near = now is not None and -_TO_COME < now - when < _DAY
    return f"{to_local(when):{'%H:%M:%S' if is_near else '%Y-%m-%d %H:%M'}}"


def show_number(value: Any) -> str:
    """Return a number with its thousands apart, `unknown` for None."""
    return str(_("unknown") if value is None else number_format(value, force_grouping=True))


def make_link(of: Optional[str], links: dict[str, str]) -> str:
    """Return the page of an address, a network or an AS; without one, the place where a script opens it."""
    if not of:
        return ""
    inside = quote(of, safe=":/")
    pattern = links[_find_kind(of)]
    return pattern.replace(OF, inside) if pattern else f"#of={inside}"


def _find_kind(of: str) -> str:
    if of.startswith("AS"):
        return "asn"
    return "network" if "/" in of and not of.endswith("/64") else "address"


def _show_origin(row: dict[str, Any], name: str) -> str:
    asn = f"AS{row['asn']}" if row.get("asn") else ""
    return " · ".join(filter(None, (row.get("country"), " ".join(filter(None, (asn, row.get(name)))))))


def _show_until(row: dict[str, Any], now: Optional[datetime]) -> str:
    if row["permanent"]:
        return str(_("permanent"))
    until = show_time(row["until"], now)
    return str(_("until %(time)s") % {"time": until}) if until else ""


def _show_cause(row: dict[str, Any]) -> str:
    """Return the jail, or who ordered it."""
    who = row.get("who")
    return str(SCRIPT["by"] % {"who": who}) if who else row["jail"] or ""


def make_ban(row: dict[str, Any], links: dict[str, str], now: Optional[datetime]) -> dict[str, Any]:
    """Return the cells of one of the last bans."""
    return {
        "key": row["id"],
        "of": row["of"],
        "href": make_link(row["of"], links),
        "ts": row["ts"],
        "time": show_time(row["ts"], now),
        "state": STATES.get(row["state"], row["state"]),
        "kind": KINDS.get(row["state"], "plain"),
        "until": _show_until(row, now),
        "jail": _show_cause(row),
        "restored": _("restored") if row["type"] == "restored" else "",
        "reason": row["reason"] or "",
        "origin": _show_origin(row, "asname"),
    }


def _name_top(row: dict[str, Any]) -> tuple[str, str]:
    """Return the name of a network, an AS or a country, and what stands beside it."""
    if "share" not in row:
        return row["of"], _show_origin(row, "name")
    if "asn" in row:
        return row["name"] or f"AS{row['asn']}", f"AS{row['asn']}"
    return row["name"] or row["country"] or "", row["country"] or ""


def make_top(row: dict[str, Any], links: dict[str, str]) -> dict[str, Any]:
    """Return the cells of one row of the top lists: an AS, a country, a network."""
    name, below = _name_top(row)
    return {
        "key": row.get("of") or row.get("asn") or row.get("country"),
        "of": row.get("of"),
        "href": make_link(row.get("of"), links),
        "name": name,
        "below": "" if below == name else below,
        "count": show_number(row["bans"]),
        "percent": round(100 * row.get("share", 0)),
    }


def make_burst(row: dict[str, Any], links: dict[str, str], now: Optional[datetime]) -> dict[str, Any]:
    """Return the cells of an address with many 404s."""
    return {
        "key": row["of"],
        "of": row["of"],
        "href": make_link(row["of"], links),
        "path": row["path"] or "",
        "count": show_number(row["count"]),
        "ts": row["last"],
        "time": show_time(row["last"], now),
    }


def make_sensitive(row: dict[str, Any]) -> dict[str, Any]:
    """Return the cells of a sensitive path."""
    counts = {name: show_number(row[name]) for name in ("count", "addresses")}
    return {"key": row["path"], "path": row["path"], **counts}
