"""manage.py accesslog_metrics."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ideolab_accesslog.metrics import totals
from ideolab_accesslog.models import TrashIP

pytestmark = pytest.mark.usefixtures("database")

EMPTY = """\
# HELP ideolab_accesslog_offences_total Offences of clients, by reason.
# TYPE ideolab_accesslog_offences_total counter
ideolab_accesslog_offences_total{reason="404_burst"} 0
ideolab_accesslog_offences_total{reason="crawler"} 0
ideolab_accesslog_offences_total{reason="cross_site"} 0
ideolab_accesslog_offences_total{reason="sensitive_path"} 0
# HELP ideolab_accesslog_firewall_actions_total Addresses in finished firewall actions.
# TYPE ideolab_accesslog_firewall_actions_total counter
ideolab_accesslog_firewall_actions_total{action="ban",result="done"} 0
ideolab_accesslog_firewall_actions_total{action="ban",result="failed"} 0
ideolab_accesslog_firewall_actions_total{action="ban",result="skipped"} 0
ideolab_accesslog_firewall_actions_total{action="unban",result="done"} 0
ideolab_accesslog_firewall_actions_total{action="unban",result="failed"} 0
ideolab_accesslog_firewall_actions_total{action="unban",result="skipped"} 0
ideolab_accesslog_firewall_actions_total{action="check",result="done"} 0
ideolab_accesslog_firewall_actions_total{action="check",result="failed"} 0
ideolab_accesslog_firewall_actions_total{action="check",result="skipped"} 0
# HELP ideolab_accesslog_events_total Lines of connmon_events.jsonl, by what became of them.
# TYPE ideolab_accesslog_events_total counter
ideolab_accesslog_events_total{result="duplicate"} 0
ideolab_accesslog_events_total{result="imported"} 0
ideolab_accesslog_events_total{result="rejected"} 0
# HELP ideolab_accesslog_rows_total Rows of the access log, by what became of them.
# TYPE ideolab_accesslog_rows_total counter
ideolab_accesslog_rows_total{result="dropped"} 0
ideolab_accesslog_rows_total{result="written"} 0
# HELP ideolab_accesslog_banned_addresses Addresses that are wanted banned.
# TYPE ideolab_accesslog_banned_addresses gauge
ideolab_accesslog_banned_addresses{confirmed="no"} 0
ideolab_accesslog_banned_addresses{confirmed="yes"} 0
"""


def run(*words: str) -> str:
    output = StringIO()
    call_command("accesslog_metrics", *words, stdout=output)
    return output.getvalue()


def test_every_series_is_there_from_the_beginning() -> None:
    """A site on which nothing has happened."""
    assert run("--output", "-") == EMPTY


def test_prometheus_reads_it(tmp_path: Path) -> None:
    """The file is replaced at once and readable by the collector."""
    from prometheus_client import parser

    # some of its releases are typed and some are not
    parse: Any = parser.text_string_to_metric_families
    path = tmp_path / "ideolab_accesslog.prom"
    totals.add({("rows_total", 'result="written"'): 7, ("offences_total", 'reason="sensitive_path"'): 2})
    TrashIP.objects.create(ip="198.51.100.1", is_banned=True, iptables_applied=True)
    TrashIP.objects.create(ip="198.51.100.2", is_banned=True)
    TrashIP.objects.create(ip="198.51.100.3", is_banned=True, ban_until=timezone.now() - timedelta(seconds=1))

    run("--output", str(path))

    families = {family.name: family for family in parse(path.read_text())}
    values = {
        (sample.name, *sample.labels.values()): sample.value
        for family in families.values()
        for sample in family.samples
    }
    assert values["ideolab_accesslog_rows_total", "written"] == 7
    assert values["ideolab_accesslog_offences_total", "sensitive_path"] == 2
    assert values["ideolab_accesslog_banned_addresses", "yes"] == 1
    assert values["ideolab_accesslog_banned_addresses", "no"] == 1
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.glob(".ideolab*")) == []


def test_a_directory_that_is_not_there_is_named(tmp_path: Path) -> None:
    """With the option to change it."""
    with pytest.raises(CommandError, match=r"missing.*; see --output"):
        run("--output", str(tmp_path / "missing" / "x.prom"))


def test_a_sites_tests_leave_the_hosts_metrics_alone(settings: Any) -> None:
    """Prometheus would count what a test has made."""
    settings.ACCESSLOG_TESTING = True
    with pytest.raises(CommandError, match="this process runs tests: see --output"):
        run()
    assert run("--output", "-").startswith("# HELP")
