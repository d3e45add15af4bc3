"""Asks systemd how units are configured, and what became of them."""

from __future__ import annotations

import subprocess
from collections.abc import Collection
from typing import Optional

#: seconds for systemctl
_ANSWER_S = 20
#: what systemd calls a unit that a boot starts; enabled-runtime ends with the boot
ENABLED = ("enabled",)


def show(unit: str, *properties: str) -> dict[str, str]:
    """Return properties of one unit; nothing when systemctl does not say."""
    return (_ask([unit], properties) or [{}])[0]


def ask_systemd(names: Collection[str]) -> Optional[dict[str, str]]:
    """Return {unit: the state of its file}; None when systemctl does not say."""
    units = [name if "." in name else f"{name}.service" for name in names]
    blocks = _ask(units, ("Id", "UnitFileState"))
    return (
        None if blocks is None else {one["Id"]: one.get("UnitFileState", "") for one in blocks if "Id" in one}
    )


def _ask(units: Collection[str], properties: Collection[str]) -> Optional[list[dict[str, str]]]:
    words = ["systemctl", "show", f"--property={','.join(properties)}", "--", *units]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_ANSWER_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return None if done.returncode else parse(done.stdout)


def parse(text: str) -> list[dict[str, str]]:
    """Read the blocks of `systemctl show`. Pure."""
    return [
        dict(line.split("=", 1) for line in one.splitlines() if "=" in line) for one in text.split("\n\n")
    ]
