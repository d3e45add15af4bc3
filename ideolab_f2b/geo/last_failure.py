"""Why the last build failed, kept beside the list for `check`: nobody reads the errors of a timer."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b import files

_NAME = "failed"
_MODE = 0o644
#: characters of an error that are kept
_LENGTH = 500


class BuildFailure(NamedTuple):
    """When a build failed (epoch seconds), and why."""

    when: float
    error: str


def record(place: Path, failure: BuildFailure) -> None:
    """Write the failure beside the list; nothing where that cannot be written: the error itself is told."""
    with contextlib.suppress(OSError):
        content = json.dumps([failure.when, failure.error[:_LENGTH]]).encode()
        files.replace(place / _NAME, content, _MODE)


def clear(place: Path) -> None:
    """Forget the failure: a list was built. OSError where that cannot be done."""
    with contextlib.suppress(FileNotFoundError):
        (place / _NAME).unlink()


def read(place: Path) -> Optional[BuildFailure]:
    """Return the last failure; None where the last build was good, or none failed. OSError."""
    try:
        when, error = json.loads(files.read(place / _NAME))
        return BuildFailure(float(when), str(error))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        return BuildFailure(0.0, f"{place / _NAME} cannot be read")
