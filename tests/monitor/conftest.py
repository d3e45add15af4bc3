"""One attack for all tests that look at what the monitoring shows of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

import pytest

from demo.show import attacks
from tests.lab.prometheus import PROGRAMS
from tests.monitor import countries, preview
from tests.monitor.scene import Scene, load_pages, open_scene, run_attacks

BANS = 6
_PATIENCE_S = 150.0


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    """After the demo's attacks: a set was flushed, one ban lifted, fail2ban restarted; all still runs."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        pytest.skip(f"missing: {', '.join(absent)}; apt-get install prometheus prometheus-node-exporter")
    with open_scene("f2bd") as found, load_pages(found), run_attacks(found, attacks()):
        assert found.wait(lambda: value(found, "ideolab_connmon_bans_total") == BANS, _PATIENCE_S)
        found.site.server.run("ipset", "flush", "ideolab_connmon")
        found.site.fail2ban.run_client("set", "ideolab-connmon", "unbanip", "198.51.100.10")
        assert found.wait(lambda: value(found, "ideolab_f2b_repairs_total") > 0, _PATIENCE_S)
        found.site.fail2ban.restart()
        assert found.wait(lambda: value(found, "ideolab_f2b_restored_total") > 0, _PATIENCE_S)
        countries.put(found)
        found.wait(lambda: not preview.shown(found).empty, _PATIENCE_S)
        yield found


def value(scene: Scene, name: str) -> float:
    """The sum of the metric's series as node_exporter serves them; 0 while there are none."""
    lines = re.findall(rf"^{name}(?:{{.*}})? (\S+)$", scene.prometheus.metrics(), re.MULTILINE)
    return sum(map(float, lines))


def lint(text: str) -> subprocess.CompletedProcess[str]:
    """Let promtool check metrics."""
    return subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=120
    )
