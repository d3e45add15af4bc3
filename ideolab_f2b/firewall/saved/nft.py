"""Loads what nft has saved without our rules, where nft is about to refuse the whole file; changes no file.

nft shows a rule of iptables that matches an ipset, and cannot load what it shows.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Callable

from ideolab_f2b.firewall.saved.rules import without_ours
from ideolab_f2b.places import find_program

SERVICE = "nftables.service"
#: seconds for systemctl, and for nft
_COMMAND_S = 10
_FILE = re.compile(r"argv\[\]=\S*nft\b[^;]* -f (/\S+)")

Run = Callable[..., "subprocess.CompletedProcess[str]"]


class NftError(RuntimeError):
    """What nft has saved cannot be loaded, with our rules or without them."""


def load_waiting(run: Run = subprocess.run) -> Iterator[str]:
    """Load the rest of each file that nftables.service is about to load and nft refuses; yield its name.

    Nothing happens on a host that has booted: the service waits for the unit that calls this only then.
    """
    for path in list_waiting(run):
        text = path.read_text(errors="surrogateescape")
        rest = without_ours(text)
        if rest == text or not _nft(["-c", "-f", str(path)], "", run):
            continue
        refusal = _nft(["-c", "-f", "-"], rest, run) or _nft(["-f", "-"], rest, run)
        if refusal:
            raise NftError(f"{path}: nft loads nothing of it, even without our rules: {refusal}")
        yield str(path)


def list_waiting(run: Run = subprocess.run) -> list[Path]:
    """Return the files that nftables.service loads, while its start waits for another unit's."""
    shown = _show(run)
    is_waiting = shown.get("ActiveState") == "inactive" and shown.get("Job", "0") != "0"
    return _files(shown) if is_waiting else []


def list_files(run: Run = subprocess.run) -> list[Path]:
    """Return the files that nftables.service loads at a boot; none where it is not enabled."""
    shown = _show(run)
    return _files(shown) if shown.get("UnitFileState") == "enabled" else []


def _show(run: Run) -> dict[str, str]:
    words = ["systemctl", "show", "--property=ActiveState,Job,ExecStart,UnitFileState", "--", SERVICE]
    try:
        done = run(words, capture_output=True, text=True, timeout=_COMMAND_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return {}
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def _files(shown: Mapping[str, str]) -> list[Path]:
    return [path for path in map(Path, _FILE.findall(shown.get("ExecStart", ""))) if path.is_file()]


def _nft(words: Sequence[str], text: str, run: Run) -> str:
    """Run nft; return what it refuses, "" when it refuses nothing."""
    program = find_program("nft")
    if program is None:
        return "nft is not installed"
    done = run(
        [program, *words], input=text, capture_output=True, text=True, errors="surrogateescape",
        timeout=_COMMAND_S, check=False,
    )  # fmt: skip
    lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
    return lines[0] if done.returncode else ""
