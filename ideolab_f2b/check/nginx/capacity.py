"""Checks that connmon knows how many connections nginx can hold."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.connmon.pressure import workers
from ideolab_f2b.connmon.pressure.workers import Workers
from ideolab_f2b.places import NGINX_CAPACITY

_INSTALL = "sudo scripts/install, or capacity = NUMBER in [connmon] of /etc/ideolab/f2b.conf"


def capacity(settings: Settings) -> Iterator[Verdict]:
    """Compare what connmon knows with what nginx says now; no verdict where there is no nginx."""
    if shutil.which("nginx") is None:
        return
    try:
        recorded = workers.parse_record(Path(NGINX_CAPACITY).read_text(errors="replace"))
    except OSError:
        recorded = None
    yield judge(settings.connmon.capacity, recorded, _ask())


def _ask() -> Optional[Workers]:
    """Return what nginx is configured to hold; None when it does not say: only root may ask."""
    try:
        found = subprocess.run(["nginx", "-T"], capture_output=True, text=True, errors="replace", timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return None if found.returncode else workers.parse_dump(found.stdout, os.cpu_count() or 1)


def judge(setting: int, recorded: Optional[Workers], now: Optional[Workers]) -> Verdict:
    """Return the verdict on the number that connmon takes for nginx's capacity. Pure."""
    if now is None:
        return unknown("capacity", "nginx does not say how many connections it can hold")
    text = f"{now.processes} x {now.connections} connections of nginx"
    if setting:
        if setting > now.capacity:
            what = f"capacity = {setting} is more than the {text}: connmon does not see that it is full"
            return wrong("capacity", what, "correct capacity in [connmon] of /etc/ideolab/f2b.conf")
        return ok("capacity", f"capacity = {setting} ({text})")
    if recorded is None:
        return unknown("capacity", f"connmon was not told of the {text}", _INSTALL)
    if recorded.capacity != now.capacity:
        what = f"connmon was told of {recorded.processes} x {recorded.connections}, but these are the {text}"
        return wrong("capacity", what, "sudo scripts/install")
    return ok("capacity", f"{text}, as connmon was told")
