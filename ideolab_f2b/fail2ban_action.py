"""Loads an action in fail2ban's Python as fail2ban-server does; `fail2ban-client -t` does not test that."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Optional

from ideolab_f2b import fail2ban_client

#: without the first two fail2ban drops the action at a reload and says nothing; the rest are its duties
_PROGRAM = """
import sys
from fail2ban.server.actions import Actions
from fail2ban.tests.dummyjail import DummyJail
action = Actions._load_python_module(sys.argv[1]).Action(DummyJail(), "trial", set="trial", ports="443")
needed = ("reload", "clearAllParams", "flush", "prolong", "ban", "unban")
missing = [name for name in needed if not hasattr(action, name)]
if "degraded" in getattr(action, "stats", ""):
    sys.exit("the package ideolab_f2b cannot be imported there")
if missing:
    sys.exit("it lacks " + ", ".join(missing))
print("fit")
"""


class ActionError(RuntimeError):
    """fail2ban-server could not use the action."""


def load(action: Path, library: Optional[Path] = None) -> None:
    """Load an action and make an instance of it; ActionError says why fail2ban could not.

    `library` is the directory in which fail2ban's Python looks for the package.
    """
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    if library is not None:
        environment["PYTHONPATH"] = str(library)
    words = [fail2ban_client.python(), "-c", _PROGRAM, str(action)]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, env=environment, cwd="/")
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ActionError(f"{action.name}: {error}") from error
    # the exit code alone would not do: an action can call exit() when it is loaded
    if done.stdout != "fit\n":
        raise ActionError(f"{action.name}: {fail2ban_client.reason(done.stderr)}")
