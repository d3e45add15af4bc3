"""When nginx last said that its worker_connections are not enough: the intake touches a file then."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b.places import ALERT


def age_s(path: Path = Path(ALERT), clock: Callable[[], float] = time.time) -> Optional[float]:
    """Return the seconds since the last alert; None when there was none since the boot, or nobody can say.

    OSError when the file cannot be seen.
    """
    try:
        age = clock() - path.stat().st_mtime
    except FileNotFoundError:
        return None
    # a clock that was set back makes the file one of the future: it says nothing
    return age if age >= -1.0 else None
