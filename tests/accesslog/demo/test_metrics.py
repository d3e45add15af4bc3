"""The played metrics: as the pack writes them, and never over files of others."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from random import Random

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ideolab_accesslog.demo import metrics

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=timezone.utc)


def read_names(path: Path) -> set[str]:
    """The names of the samples of a file."""
    families = text_string_to_metric_families(path.read_text())
    return {sample.name for family in families for sample in family.samples}


def test_both_files_have_what_the_cards_show(tmp_path: Path) -> None:
    """Under the names of docs/metrics.md."""
    metrics.write_files(tmp_path, NOW, 200, Random(1))

    sensor, server = (read_names(tmp_path / name) for name in metrics.FILES)
    assert sensor >= {"ideolab_connmon_established_443", "ideolab_connmon_suspect_ips"}
    assert server >= {"ideolab_f2b_active_bans", "ideolab_f2b_dropped_packets_total"}
    named = Path("docs/metrics.md").read_text()
    assert [name for name in sensor | server if f"`{name}`" not in named] == []


def test_they_may_be_written_again_and_removed(tmp_path: Path) -> None:
    """A second removal finds none."""
    for _turn in range(2):
        metrics.write_files(tmp_path, NOW, 200, Random(1))

    assert [metrics.remove_files(tmp_path), metrics.remove_files(tmp_path)] == [2, 0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["ideolab_f2b.prom", "ideolab_connmon.prom", "node.prom"])
def test_a_real_file_is_left_alone(tmp_path: Path, name: str) -> None:
    """Whatever its name: the directory is a collector's."""
    real = tmp_path / name
    real.write_text("ideolab_f2b_active_bans 3\n")

    with pytest.raises(metrics.ForeignFileError, match=f"{name} has real metrics; name an empty directory"):
        metrics.write_files(tmp_path, NOW, 200, Random(1))

    assert metrics.remove_files(tmp_path) == 0
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert real.read_text() == "ideolab_f2b_active_bans 3\n"
