"""What /etc/passwd says of the accounts that a proof of an SSH session needs; asks no other service."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: OpenSSH's SSH_PRIVSEP_USER, which every distribution leaves as it is: it talks to who has not logged in
SEPARATED = "sshd"
_PATH = "/etc/passwd"
#: bytes that are read; NSS may know more accounts, root and sshd stand here
_SIZE_LIMIT = 1 << 20


class Accounts(NamedTuple):
    """The names of uid 0, and the uids of the processes that talk to who has not logged in."""

    root_names: frozenset[str]
    separated_uids: frozenset[int]


def read(path: str = _PATH) -> Accounts:
    """Return the accounts; root's name and uid are known without the file."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return parse(file.read(_SIZE_LIMIT).splitlines())
    except OSError:
        return parse(())


def parse(lines: Iterable[str]) -> Accounts:
    """Return the accounts from lines like those of passwd(5); a line that is none is passed over. Pure."""
    root_names, separated = {"root"}, set()
    for line in lines:
        name, _password, uid = [*line.split(":"), "", "", ""][:3]
        if not name or not uid.isdecimal():
            continue
        if int(uid) == 0:
            root_names.add(name)
        elif name == SEPARATED:
            separated.add(int(uid))
    return Accounts(frozenset(root_names), frozenset(separated))
