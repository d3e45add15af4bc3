"""Errors of a write in fail2ban-server name what its unit needs."""

from __future__ import annotations

import errno
import os

import pytest

from ideolab_f2b.actions.unwritable import explain

_UNIT = "fail2ban's unit needs, by `systemctl edit fail2ban`,"


@pytest.mark.parametrize(
    ("code", "path", "said"),
    [
        (
            errno.EROFS,
            "/var/log/ideolab/x.jsonl",
            f"; {_UNIT} ReadWritePaths=-/var/log/ideolab (docs/install.md)",
        ),
        (errno.EROFS, None, f"; {_UNIT} ReadWritePaths=-DIRECTORY (docs/install.md)"),
        (errno.EACCES, "/x", f"; {_UNIT} CAP_DAC_OVERRIDE in CapabilityBoundingSet= (docs/install.md)"),
        (errno.ENOSPC, "/x", ""),
    ],
)
def test_explain(code: int, path: str | None, said: str) -> None:
    """What systemd's sandbox forbids has a way out; a full disk says what it is."""
    error = OSError(code, os.strerror(code), path)

    assert explain(error) == f"{error}{said}"


def test_error_without_a_number() -> None:
    """Its text is all there is."""
    assert explain(OSError("a pipe")) == "a pipe"
