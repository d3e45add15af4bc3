"""Names in the kernel: the list of all sets, the two sets of a jail."""

from __future__ import annotations

import re

from ideolab_f2b.kernel.ipset.sets import NAME_LENGTH

#: the list:set with the sets of all jails, which the DROP rule matches
LIST = "ideolab_ban"
#: the kernel's word for each IP version
FAMILIES = {4: "inet", 6: "inet6"}
#: the set of inet6 has one letter more than the name that a jail gives
JAIL_SET_LENGTH = NAME_LENGTH - 1
_JAIL_SET = re.compile(rf"[A-Za-z0-9_.-]{{1,{JAIL_SET_LENGTH}}}")


def family_sets(name: str) -> dict[int, str]:
    """The sets of a jail by IP version: `name` for 4, `name`6 for 6."""
    return {4: name, 6: f"{name}6"}


def default_set(jail: str) -> str:
    """The jail's name as the name of a set."""
    return re.sub(r"[^A-Za-z0-9_]", "_", jail)[:JAIL_SET_LENGTH] or "ideolab"


def require_jail_set(text: str) -> str:
    """`text` when a jail's sets can have that name; ValueError says what is needed."""
    if not _JAIL_SET.fullmatch(text):
        raise ValueError(f"1 to {JAIL_SET_LENGTH} letters, digits, _ . - are needed")
    if text == LIST:
        raise ValueError("that is the list of all sets")
    return text
