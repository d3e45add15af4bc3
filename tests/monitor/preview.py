"""The picture of docs/monitoring.md: a real attack of some minutes, and what Grafana would show of it (root).

sudo .venv/bin/python -m tests.monitor.preview [FILE]
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from demo import attacker
from demo.attacker import Attack
from demo.lab.child import REPOSITORY
from demo.show import attacks
from tests.monitor import page
from tests.monitor.page import Page, Window
from tests.monitor.scene import Scene, load_pages, open_scene, run_attacks

BOARD = REPOSITORY / "deploy/grafana/ideolab-f2b.json"
PICTURE = REPOSITORY / "docs/img/dashboard.png"
_CHROMIUM = (
    "chromium --headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars"
)
_QUIET = " --disable-background-networking --disable-component-update --disable-sync --disable-dev-shm-usage"
_MARGIN = 20


def board() -> dict[str, Any]:
    """Return the dashboard that the pack ships."""
    found: dict[str, Any] = json.loads(BOARD.read_text())
    return found


def shown(scene: Scene) -> Page:
    """Everything since the scene began."""
    about = "A real attack in network namespaces, and real answers of Prometheus; the row Django is played."
    return page.render(board(), scene.prometheus, Window(scene.begun, time.time()), about)


def photograph(made: Page, picture: Path) -> None:
    """CalledProcessError when Chromium cannot."""
    with tempfile.TemporaryDirectory(prefix="f2bd-") as directory:
        html = Path(directory, "page.html")
        html.write_text(made.html, encoding="utf-8")
        size = f"--window-size={page.WIDTH + _MARGIN},{made.height}"
        words = [*(_CHROMIUM + _QUIET).split(), f"--user-data-dir={directory}/profile", size]
        command = [*words, f"--screenshot={picture}", html.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def _crowd(kind: attacker.Kind, hosts: range, per_address: int) -> Attack:
    return Attack(kind, [f"198.51.100.{host}" for host in hosts], per_address)


def _again(scene: Scene, addresses: Sequence[str]) -> list[Attack]:
    """Banned ones who try again: their SYNs are dropped."""
    return [Attack(attacker.SILENT, [address], 4) for address in addresses]


def play(scene: Scene) -> None:
    """Four minutes: three waves, somebody who flushes a set, a ban lifted by hand, a restart of fail2ban."""
    scene.pass_by(30)
    with run_attacks(scene, attacks()):
        scene.pass_by(40)
        with run_attacks(scene, [*_again(scene, ["198.51.100.10", "198.51.100.11", "198.51.100.13"])]):
            with run_attacks(scene, [_crowd(attacker.HANDSHAKE, range(20, 40), 10)]):
                scene.pass_by(45)
            scene.site.server.run("ipset", "flush", "ideolab_connmon")
            scene.pass_by(35)
    scene.site.fail2ban.run_client("set", "ideolab-connmon", "unbanip", "198.51.100.21")
    with run_attacks(scene, [_crowd(attacker.SLOW_HEADERS, range(50, 62), 10)]):
        scene.pass_by(50)
    scene.site.fail2ban.restart()
    # until everything has been counted and compared once more
    scene.wait(lambda: not shown(scene).empty, 75)


def main(words: Sequence[str]) -> int:
    """0 when every query gave data."""
    picture = Path(words[0]) if words else PICTURE
    with open_scene("f2bd") as scene, load_pages(scene):
        play(scene)
        made = shown(scene)
    picture.parent.mkdir(parents=True, exist_ok=True)
    photograph(made, picture)
    for title, expr in made.empty:
        print(f"no data: {title}: {expr}", file=sys.stderr)
    print(f"{picture}: {picture.stat().st_size // 1000} kB")
    return 1 if made.empty else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
