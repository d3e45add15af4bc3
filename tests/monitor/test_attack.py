"""A real attack, node_exporter and Prometheus: what the dashboard and the alerts make of it."""

from __future__ import annotations

import re
import shutil
import struct
import time
from pathlib import Path

import pytest

from demo.show import attacks
from tests.monitor import preview
from tests.monitor.conftest import BANS, lint, value
from tests.monitor.scene import ORIGINS, Scene

pytestmark = pytest.mark.root


def ours(scene: Scene) -> str:
    lines = scene.prometheus.metrics().splitlines(keepends=True)
    return "".join(line for line in lines if re.match(r"(# (HELP|TYPE) )?ideolab_", line))


def series(scene: Scene, expr: str) -> dict[str, float]:
    """{first label value, by name: number}."""
    found = scene.prometheus.now(expr, time.time())
    return {"/".join(value for _name, value in sorted(one.labels.items())): one.points[0][1] for one in found}


def test_every_query_of_the_dashboard_gives_data(scene: Scene) -> None:
    """Of all rows."""
    assert preview.shown(scene).empty == []


def test_the_page_can_be_looked_at(scene: Scene, tmp_path: Path) -> None:
    """Chromium draws it: a PNG as wide as the page, with something on it."""
    if shutil.which("chromium") is None:
        pytest.skip("needs chromium (apt)")
    picture = tmp_path / "dashboard.png"

    preview.photograph(preview.shown(scene), picture)

    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">I", head[16:20]) == (1520,)
    assert picture.stat().st_size > 50_000


def test_bans_are_counted_once_and_not_again_after_a_restart(scene: Scene) -> None:
    """Six bans by jail, scope and family; what fail2ban restored is counted elsewhere."""
    assert series(scene, "sum by (jail, scope, family) (ideolab_f2b_bans_total > 0)") == {
        "inet/ideolab-connmon/ip": 3.0,
        "inet6/ideolab-connmon/ip": 2.0,
        "inet/ideolab-connmon-net/net": 1.0,
    }
    assert value(scene, "ideolab_connmon_bans_total") == BANS
    assert value(scene, "ideolab_f2b_restored_total") == BANS - 1
    assert value(scene, "ideolab_f2b_unbans_total") == 1


def test_the_origins_are_those_of_the_whois_server(scene: Scene) -> None:
    """Countries and numbers, each as often as it was banned."""
    countries = series(scene, "sum by (country) (ideolab_f2b_bans_by_country_total > 0)")
    numbers = series(scene, "sum by (asn) (ideolab_f2b_bans_by_asn_total > 0)")

    assert countries == {"FR": 3.0, "DE": 2.0, "NL": 1.0}
    assert set(numbers) == {number for number, _country, _name in ORIGINS.values()}


def test_no_address_is_a_label(scene: Scene) -> None:
    """Neither of an attacker nor of a network."""
    text = ours(scene)

    assert len(text.splitlines()) > 60
    assert [one.target for one in attacks() if one.target in text] == []
    assert re.findall(r'="[0-9a-f:.]*\d+\.\d+\.\d+\.\d+|="[^"]*/\d+"|="[0-9a-f]*::', text) == []


def test_promtool_finds_nothing_to_say(scene: Scene) -> None:
    """Names, units, types and help texts, as node_exporter serves them."""
    done = lint(ours(scene))

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_what_is_well_raises_no_alert(scene: Scene) -> None:
    """Nothing is stale, full or lost; that a set was flushed is told."""
    firing = set(series(scene, 'sum by (alertname) (ALERTS{alertstate="firing"})'))

    assert firing <= {"IdeolabRepairs"}


def test_a_broken_file_is_told_and_hides_no_other(scene: Scene) -> None:
    """node_textfile_scrape_error, which an alert watches."""
    broken = scene.textfiles / "other.prom"
    broken.write_text("no metric at all\n")
    try:
        text = scene.prometheus.metrics()
    finally:
        broken.unlink()

    assert "node_textfile_scrape_error 1" in text
    assert f"ideolab_connmon_bans_total {BANS}\n" in text
    assert "node_textfile_scrape_error 0" in scene.prometheus.metrics()
