"""The samples of ideolab_geo.prom."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import pytest

from ideolab_f2b import metrics
from ideolab_f2b.geo.country_table import CountryTable
from ideolab_f2b.geo.rule import metrics as geo_metrics
from ideolab_f2b.geo.rule.metrics import count_countries, samples
from ideolab_f2b.geo.rule.plan import KernelState
from tests.geo.rule.test_applied_list import ONE

STATE = KernelState("abcdefgh", (443, 8443), "", 0.0, 12.0, {4: 7, 6: 0}, {4: 2, 6: 1})


def test_all_of_them() -> None:
    """A list in force, and a pause."""
    text = metrics.render(samples(ONE, STATE, {"US": 3, "other": 1})).decode()

    assert [line for line in text.splitlines() if not line.startswith("#")] == [
        "ideolab_geo_in_force 1.0",
        "ideolab_geo_trial_seconds 0.0",
        "ideolab_geo_pause_seconds 12.0",
        "ideolab_geo_list_built_timestamp_seconds 1000.0",
        'ideolab_geo_prefixes{family="inet"} 2.0',
        'ideolab_geo_prefixes{family="inet6"} 1.0',
        'ideolab_geo_refused_packets_total{family="inet"} 7.0',
        'ideolab_geo_refused_packets_total{family="inet6"} 0.0',
        'ideolab_geo_refused_clients{country="US"} 3.0',
        'ideolab_geo_refused_clients{country="other"} 1.0',
    ]


def test_what_is_missing() -> None:
    """A list that somebody has flushed is not in force."""
    values = metrics.parse(metrics.render(samples(ONE, KernelState())).decode())
    assert values["ideolab_geo_in_force"] == {(): 0.0}


def test_countries() -> None:
    """The most frequent have a series, unknown ones and the rest are `other`; without a table all are."""

    class Table(CountryTable):
        def country_of(self, address: object) -> str:
            return "" if str(address).endswith(".0") else f"C{str(address).rpartition('.')[2]}"

    clients = [ip_address(f"198.51.100.{last}") for last in (*range(25), *range(20))]
    found = count_countries(clients, Table((), {}))

    assert (len(found), found["C1"], found["other"]) == (21, 2, 2 + 4)
    assert count_countries(clients, None) == {"other": 45}
    assert count_countries([], None) == {}


def test_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link stands beside those of the installer; a file that is written there itself needs none."""
    written, linked = tmp_path / "written", tmp_path / "linked"
    for directory in (written, linked):
        directory.mkdir()
        (directory / "ideolab_f2b.prom").symlink_to("../textfile/ideolab_f2b.prom")
    monkeypatch.setattr(geo_metrics, "COLLECTORS", (str(written), str(linked)))
    path = written / "ideolab_geo.prom"
    path.write_text("ideolab_geo_in_force 1\n")

    geo_metrics.link(path)
    geo_metrics.link(path)

    assert path.read_text() == "ideolab_geo_in_force 1\n"
    assert (linked / path.name).readlink() == Path("../textfile/ideolab_geo.prom")
