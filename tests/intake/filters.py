"""Whom fail2ban would count: its own code, over a log and a filter of the pack."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SLOWTLS = REPOSITORY / "filter.d" / "nginx-ideolab-slowtls.conf"
MODES = ("normal", "probe", "stall", "limit", "idle", "aggressive", "extra")


def failures(log: Path, mode: str = "normal") -> Counter[str]:
    """{address: its failures} in the log."""
    words = ["fail2ban-regex", "--out", "ip", "--usedns", "no", str(log), f"{SLOWTLS}[mode={mode}]"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    return Counter(done.stdout.split())
