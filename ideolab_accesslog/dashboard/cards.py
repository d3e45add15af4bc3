"""The cards at the top of the page: one number each, what it is, or why nobody knows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional

from django.utils.translation import gettext as _

from ideolab_accesslog.dashboard.numbers import show_number
from ideolab_accesslog.dashboard.readings import Growth
from ideolab_accesslog.dashboard.sources.metrics import ACTIVE_BANS, Metrics
from ideolab_accesslog.dashboard.sources.source import DashboardSource

ESTABLISHED = "ideolab_connmon_established_443"
SUSPECT_IPS = "ideolab_connmon_suspect_ips"
SUSPECTS = "ideolab_f2b_suspects"
DROPPED = "ideolab_f2b_dropped_packets_total"


@dataclass(frozen=True)
class Card:
    """One number. `state`: ok, stale (the last one that is known), unknown (None)."""

    key: str
    label: str
    value: Optional[int]
    state: str
    text: str


def make_cards(
    connmon: Metrics,
    fail2ban: Metrics,
    events: DashboardSource,
    bans: Optional[int],
    dropped: Optional[Growth],
) -> tuple[Card, ...]:
    """Return all cards, in their order. `dropped` is the growth between two readings of fail2ban's file."""
    return (
        _make_gauge(
            *("established", _("Established connections"), connmon, connmon.file.sum(ESTABLISHED)),
            _("To the watched ports, at connmon's last snapshot."),
        ),
        _make_gauge(
            *("suspects", _("Suspects"), connmon, find_suspects(connmon)),
            _("Addresses and networks over connmon's thresholds, at its last snapshot."),
        ),
        _make_gauge(
            *("active_bans", _("Active bans"), fail2ban, fail2ban.file.sum(ACTIVE_BANS)),
            _("What fail2ban holds now, in all jails that have the ban action."),
        ),
        _make_day(events, bans),
        _make_drop_card(fail2ban, dropped),
    )


def find_suspects(connmon: Metrics) -> Optional[float]:
    """Return the suspects now, networks too."""
    addresses, networks = connmon.file.sum(SUSPECT_IPS), connmon.file.sum(SUSPECTS, scope="net")
    return None if addresses is None else addresses + (networks or 0.0)


def _make_gauge(key: str, label: str, metrics: Metrics, value: Optional[float], text: str) -> Card:
    source = metrics.source
    if source.state not in ("ok", "stale"):
        return Card(key, label, None, "unknown", source.text)
    if value is None:
        missing = _("The file of %(program)s has no such number; a newer version of the pack may write it.")
        return Card(key, label, None, "unknown", missing % {"program": source.label})
    if source.is_ok:
        return Card(key, label, round(value), "ok", text)
    return Card(key, label, round(value), "stale", source.text)


def _make_day(events: DashboardSource, bans: Optional[int]) -> Card:
    label = _("Bans in 24 hours")
    if bans is None or events.state in ("absent", "unknown"):
        return Card("bans_24h", label, None, "unknown", events.text)
    if events.is_ok:
        text = _("Bans of all jails that report, without restored ones.")
        return Card("bans_24h", label, bans, "ok", text)
    return Card("bans_24h", label, bans, "stale", events.text)


def _make_drop_card(fail2ban: Metrics, dropped: Optional[Growth]) -> Card:
    label = _("Packets dropped a minute")
    total = fail2ban.file.sum(DROPPED)
    if total is None or not fail2ban.source.is_ok:
        return _make_gauge("dropped", label, fail2ban, None, "")
    if dropped is None or dropped.seconds <= 0:
        text = _(
            "%(total)s in all since the rules are there. How many a minute is known after the next reading "
            "of fail2ban's metrics, in half a minute."
        )
        return Card("dropped", label, None, "unknown", text % {"total": show_number(round(total))})
    text = _("Packets of banned clients that the firewall dropped, on the average of %(seconds)d seconds.")
    value = round(dropped.amount * 60 / dropped.seconds)
    return Card("dropped", label, value, "ok", text % {"seconds": dropped.seconds})
