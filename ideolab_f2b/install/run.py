"""Runs a program that must succeed; what it printed is the text of the error."""

from __future__ import annotations

import subprocess
import tempfile

from ideolab_f2b.install.errors import CommandError

#: seconds; a restart of fail2ban with many bans in shell actions takes minutes
PATIENCE_S = 900


def run(*words: str) -> None:
    """Run a program and wait for its end; CommandError when it fails, is missing or takes too long."""
    # a file and no pipe: a daemon that keeps its output open would be waited for
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                words, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=PATIENCE_S
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise CommandError(f"{' '.join(words)}: {error}") from error
        if done.returncode:
            output.seek(0)
            said = output.read().decode("utf-8", "replace").strip()
            raise CommandError(f"{' '.join(words)}: {said or f'exit {done.returncode}'}")


def succeeds(*words: str) -> bool:
    """Run a program and return whether it ended with exit code 0."""
    try:
        run(*words)
    except CommandError:
        return False
    return True
