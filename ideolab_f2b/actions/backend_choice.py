"""Which backend holds the bans of a jail: its own option, else what [firewall] of f2b.conf says."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Optional

from ideolab_f2b import config
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.firewall import backend
from ideolab_f2b.firewall.backend import Backend

#: seconds until the log says again that the settings cannot be read
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")
_complaint = Complaint(_log.error, SAY_AGAIN_S)


def choose(wanted: Optional[str], path: Path = config.DEFAULT_PATH) -> Backend:
    """Return the backend that is wanted, None: by the settings; with settings that cannot be read, `auto`."""
    return backend.choose(_read(path) if wanted is None else wanted)


def _read(path: Path) -> str:
    try:
        return config.load(path).firewall.backend
    except config.ConfigError as error:
        # bans must work all the same; ideolab-f2b check says it too
        _complaint.say(f"{error}; backend = auto is used", str(path))
        return config.Firewall().backend
