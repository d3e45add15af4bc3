"""What became of a ban in the kernel: the ban action leaves it for the report action, which comes next."""

from __future__ import annotations

import threading
from typing import Optional

#: by thread: fail2ban calls the actions of a jail one after the other in one
_last: dict[int, tuple[str, str, BaseException]] = {}


def failed(jail: str, address: str, error: BaseException) -> None:
    """The kernel does not hold this ban."""
    _last[threading.get_ident()] = (jail, address, error)


def taken(jail: str, address: object) -> Optional[BaseException]:
    """Why the kernel does not hold the ban that was just made, once; None when it does."""
    if not _last:
        return None
    jail_of, address_of, error = _last.pop(threading.get_ident(), ("", "", None))
    return error if (jail_of, address_of) == (jail, str(address)) else None
