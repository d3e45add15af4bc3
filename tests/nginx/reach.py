"""Which jail reaches whom of the labelled clients: `python3 -m tests.nginx.reach` puts it into docs/nginx.md.

The logs of a real nginx go through fail2ban's own code with the numbers of jail.d, the snapshots of the same
runs through connmon.
"""

from __future__ import annotations

import configparser
import sys
from collections.abc import Mapping
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))

from tests.connmon import confusion  # noqa: E402
from tests.nginx import replay  # noqa: E402

RUNS = ("stock", "hard")
#: jail -> the log it reads: with ours, the access log has the format of deploy/nginx/ideolab-log.conf
JAILS = {
    "nginx-ideolab-slowtls": "error",
    "nginx-ideolab-probe": "error",
    "nginx-ideolab-stalled": "ours",
}
PAGE = REPOSITORY / "docs" / "nginx.md"
BEGIN, END = "<!-- table: python3 -m tests.nginx.reach -->\n", "<!-- end of table -->\n"

_FLOOD = "2 connections, ended by nginx at once: the third would be too many for the probe jail"
_LIMIT = "any page can make its visitors' browsers ask as fast (mode `limit` counts them)"
_OLD = "an old device says the same (mode `aggressive` counts them)"
_STREAMS = "nginx ends them at once; a page whose script cancels what it asks for comes close (mode `limit`)"
WHY = {
    "abort_499": "5 requests whose client left: people leave slow pages too (mode `abort` counts them)",
    "bad_ciphers": _OLD,
    "auth_fail": "wrong passwords: fail2ban's own `nginx-http-auth`",
    "big_body": "2 requests: an honest upload that is too large looks the same",
    "h2_body_stall": "3 connections: a phone that lost its radio leaves the same lines",
    "conn_flood": _LIMIT,
    "h2_cont_flood": "2 connections, ended by nginx at once: oversized cookies leave the same line",
    "h2_idle": "stock: connmon. hard: nginx closes them before they are old enough to tell them from a NAT",
    "h2_many_streams": _STREAMS,
    "h2_ping_flood": _FLOOD,
    "h2_ping_hold": "3 connections: a browser tab does the same",
    "h2_priority_flood": _FLOOD,
    "h2_rapid_reset": _STREAMS,
    "h2_settings_flood": _FLOOD,
    "h2_window0": "a phone without radio leaves the same lines (mode `stall` counts them)",
    "req_burst": _LIMIT,
    "slow_body_static": "stock: connmon. hard: lingering_timeout ends them after 3 s",
    "sni_reject": "any page can load an image from a name that points here (mode `aggressive` counts them)",
    "sslv3": _OLD,
    "sni_malformed": "4 connections, one of them with a line",
    "syn_spoof": "spoofable: the source addresses are forged, and nginx never sees them",
    "tls_hs_flood": "handshake and close: health checks do the same (mode `extra` counts them)",
}

#: jail or "connmon" -> the addresses that it bans
Reached = Mapping[str, set[str]]


def jail(name: str) -> replay.Jail:
    """As jail.d ships it."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(REPOSITORY / "jail.d" / "ideolab.conf")
    section = parser[name]
    source, _bracket, options = section["filter"].partition("[mode=")
    return replay.Jail(source, options.rstrip("]"), int(section["maxretry"]), float(section["findtime"]))


def find_reached(run: str) -> Reached:
    """By each jail of nginx's logs, and by connmon, in one run."""
    logs = {name: replay.lines(f"1.22.1-{run}.{log}.log") for name, log in JAILS.items()}
    found = {name: named(replay.find_banned(jail(name), lines)) for name, lines in logs.items()}
    seen = confusion.replay(confusion.run(run))
    return {**found, "connmon": {address for address, one in seen.items() if one.suspect}}


def named(addresses: set[str]) -> set[str]:
    """Return what connmon calls these clients: each IPv6 one has a /64."""
    return {confusion.name_of(address) for address in addresses}


def names(addresses: set[str], wanted: str) -> set[str]:
    """The classes of one label among these addresses."""
    known = confusion.classes()
    # the saved logs of nginx name single addresses, connmon names a /64
    clients = {one if "/" in one else confusion.name_of(one) for one in addresses}
    return {known[one].name for one in clients if confusion.known_is(one, wanted)}


def all_names(wanted: str) -> set[str]:
    """Return the names of all classes of this label."""
    return names(set(confusion.classes()), wanted)


def by_any(found: Reached) -> set[str]:
    """Return the addresses that connmon or any jail found."""
    return set().union(*found.values())


def table(found: Mapping[str, Reached]) -> str:
    """Markdown: a row per class that should be banned, then the sums."""
    columns = [*JAILS, "connmon"]
    head = " | ".join(["class", *(f"`{name}`" for name in columns), "why not"])
    lines = [f"| {head} |", "|---" * (len(columns) + 2) + "|"]
    for name in sorted(all_names("ban")):
        cells = [_cell(name, {run: found[run][column] for run in found}) for column in columns]
        missed = [run for run in found if name not in names(by_any(found[run]), "ban")]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {WHY[name] if missed else ''} |")
    for label, text in (("ban", "should be banned"), ("grey", "a matter of taste"), ("no", "legitimate")):
        sums = [_sum(label, {run: found[run][column] for run in found}) for column in columns]
        whole = _sum(label, {run: by_any(found[run]) for run in found})
        lines.append(f"| **{text}: {len(all_names(label))}** | {' | '.join(sums)} | **together {whole}** |")
    return "\n".join(lines) + "\n"


def _cell(name: str, addresses: Mapping[str, set[str]]) -> str:
    there = [run for run, found in addresses.items() if name in names(found, "ban")]
    return "yes" if len(there) == len(addresses) else ", ".join(there) or "-"


def _sum(label: str, addresses: Mapping[str, set[str]]) -> str:
    return ", ".join(f"{run} {len(names(found, label))}" for run, found in addresses.items())


def page(text: str, new: str) -> str:
    """The page's text with a new table."""
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return before + BEGIN + new + END + after


if __name__ == "__main__":
    new = table({run: find_reached(run) for run in RUNS})
    sys.stdout.write(new)
    PAGE.write_text(page(PAGE.read_text(), new))
