"""Says why fail2ban-server cannot write a file, and what helps: a hardened unit is the usual reason. Pure."""

from __future__ import annotations

import errno
from pathlib import Path

#: {errno: what the unit of fail2ban needs; the directory of the file comes behind "="}
_NEEDED = {
    errno.EROFS: "ReadWritePaths=-{directory}",
    errno.EACCES: "CAP_DAC_OVERRIDE in CapabilityBoundingSet=",
    errno.EPERM: "CAP_DAC_OVERRIDE in CapabilityBoundingSet=",
}


def explain(error: OSError) -> str:
    """Return the text of an error of a write, with what fail2ban's unit needs where that forbids it."""
    needed = _NEEDED.get(error.errno or 0)
    if needed is None:
        return str(error)
    directory = Path(str(error.filename)).parent if error.filename else "DIRECTORY"
    change = needed.format(directory=directory)
    return f"{error}; fail2ban's unit needs, by `systemctl edit fail2ban`, {change} (docs/install.md)"
