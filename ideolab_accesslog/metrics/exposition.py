"""Shows the totals of all processes in Prometheus' text format, without a library: they are whole numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from django.utils import timezone

from ideolab_accesslog.models import FirewallActionLog, Total, TrashIP
from ideolab_f2b import files

PREFIX = "ideolab_accesslog_"


class Metric(NamedTuple):
    """One metric; `values` maps labels, as they stand between the braces, to numbers."""

    name: str
    documentation: str
    kind: str
    values: Mapping[str, int]


def _counters() -> dict[str, tuple[str, list[str]]]:
    """Return each counter with its help and the labels shown from zero on: rate() then sees the first."""
    actions = FirewallActionLog.Action.values
    results = ("done", "failed", "skipped")
    return {
        "offences_total": (
            "Offences of clients, by reason.",
            [f'reason="{reason}"' for reason in ("404_burst", "crawler", "cross_site", "sensitive_path")],
        ),
        "firewall_actions_total": (
            "Addresses in finished firewall actions.",
            [f'action="{action}",result="{result}"' for action in actions for result in results],
        ),
        "events_total": (
            "Lines of connmon_events.jsonl, by what became of them.",
            [f'result="{result}"' for result in ("duplicate", "imported", "rejected")],
        ),
        "rows_total": (
            "Rows of the access log, by what became of them.",
            [f'result="{result}"' for result in ("dropped", "written")],
        ),
    }


def collect() -> list[Metric]:
    """Return the metrics as the database has them now."""
    stored: dict[str, dict[str, int]] = {}
    for name, labels, value in Total.objects.order_by("name", "labels").values_list(
        "name", "labels", "value"
    ):
        stored.setdefault(name, {})[labels] = value
    counters = [
        Metric(PREFIX + name, help_text, "counter", {**dict.fromkeys(labels, 0), **stored.get(name, {})})
        for name, (help_text, labels) in _counters().items()
    ]
    return [*counters, _count_bans()]


def _count_bans() -> Metric:
    rows = TrashIP.objects.filter(is_banned=True)
    live = rows.exclude(ban_until__lte=timezone.now())
    confirmed = live.filter(iptables_applied=True).count()
    values = {'confirmed="no"': live.count() - confirmed, 'confirmed="yes"': confirmed}
    return Metric(f"{PREFIX}banned_addresses", "Addresses that are wanted banned.", "gauge", values)


def render(metrics: Iterable[Metric]) -> str:
    """Return the text of the file."""
    lines: list[str] = []
    for metric in metrics:
        lines += [f"# HELP {metric.name} {metric.documentation}", f"# TYPE {metric.name} {metric.kind}"]
        for labels, value in metric.values.items():
            braces = f"{{{labels}}}" if labels else ""
            lines.append(f"{metric.name}{braces} {value}")
    return "\n".join(lines) + "\n"


def write(path: Path, text: str) -> None:
    """Replace the file at once, readable by the collector."""
    files.replace(path, text.encode("ascii"), 0o644)
