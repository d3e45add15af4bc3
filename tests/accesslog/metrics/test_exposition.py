"""Prometheus' text format."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from ideolab_accesslog.metrics import exposition, totals
from ideolab_accesslog.metrics.exposition import Metric
from ideolab_accesslog.models import TrashIP


def test_the_text_of_a_metric() -> None:
    """Help, type, and a line for each series."""
    metric = Metric("bans_total", "Bans.", "counter", {'jail="a"': 1, 'jail="b"': 0})

    assert exposition.render([metric]) == (
        '# HELP bans_total Bans.\n# TYPE bans_total counter\nbans_total{jail="a"} 1\nbans_total{jail="b"} 0\n'
    )


def test_stored_counters_and_live_bans_are_collected(database: str) -> None:
    """A ban whose time is over is none."""
    totals.add({("rows_total", 'result="written"'): 7})
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True, iptables_applied=True)
    TrashIP.objects.create(ip="198.51.100.2", is_banned=True)
    TrashIP.objects.create(ip="198.51.100.3", is_banned=True, ban_until=timezone.now() - timedelta(seconds=1))
    values = {metric.name: metric.values for metric in exposition.collect()}

    assert values["ideolab_accesslog_rows_total"] == {'result="dropped"': 0, 'result="written"': 7}
    assert values["ideolab_accesslog_banned_addresses"] == {'confirmed="no"': 1, 'confirmed="yes"': 1}


def test_the_file_is_replaced_and_readable(tmp_path: Path) -> None:
    """node_exporter is another user."""
    path = tmp_path / "x.prom"
    path.write_text("old")
    exposition.write(path, "new\n")

    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new\n", 0o644)
