"""Names in the kernel: the list of all sets, the two sets of a jail."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable

from ideolab_f2b.kernel.ipset.sets import NAME_LENGTH

#: the list:set with the sets of all jails, which the DROP rule matches
LIST = "ideolab_ban"
#: the list:set with the sets of jails that keep their peers from some ports only
PORT_LIST = "ideolab_ban_port"
LISTS = (LIST, PORT_LIST)
#: the kernel's word for each IP version
FAMILIES = {4: "inet", 6: "inet6"}
#: the set of inet6 has one letter more than the name that a jail gives
JAIL_SET_LENGTH = NAME_LENGTH - 1
_JAIL_SET = re.compile(rf"[A-Za-z0-9_.-]{{1,{JAIL_SET_LENGTH}}}")
#: letters of a hash: that two of a thousand jails get the same has one chance in 200 million
_HASH = 10
#: names of jails that differ as names of sets too: - becomes _, and a last 6 would name a set of inet6
_PLAIN = re.compile(r"(?!ideolab-ban(?:-port)?$)[A-Za-z0-9-]*[A-Za-z0-57-9-]")


def family_sets(name: str) -> dict[int, str]:
    """The sets of a jail by IP version: `name` for 4, `name`6 for 6."""
    return {4: name, 6: f"{name}6"}


def default_set(jail: str) -> str:
    """The jail's name as the name of its set, which no other jail's default is, nor its set of inet6."""
    if _PLAIN.fullmatch(jail) and len(jail) <= JAIL_SET_LENGTH:
        return jail.replace("-", "_")
    return unique(re.sub(r"[^A-Za-z0-9]", "_", jail) or "ideolab", jail)


def unique(start: str, jail: str) -> str:
    """A name that no other jail gets: its beginning is for people, its end is a hash of the jail's name."""
    digest = hashlib.sha256(jail.encode("utf-8", "surrogateescape")).digest()
    # letters only, so that it never ends like the set of inet6 of another name
    end = "".join(chr(ord("a") + byte % 26) for byte in digest[:_HASH])
    return f"{start[: JAIL_SET_LENGTH - _HASH - 1]}.{end}"


def temporary(name: str) -> str:
    """The name of the set that takes the place of `name` in a moment."""
    return f"{name}.new" if len(name) <= NAME_LENGTH - 4 else f"{unique(name, name)[: NAME_LENGTH - 4]}.new"


def collides(name: str, others: Iterable[str]) -> str:
    """The first of the other jails' names whose set of one family is this one's of the other; "" for none."""
    return next((other for other in others if f"{other}6" == name or f"{name}6" == other), "")


def require_jail_set(text: str) -> str:
    """`text` when a jail's sets can have that name; ValueError says what is needed."""
    if not _JAIL_SET.fullmatch(text):
        raise ValueError(f"1 to {JAIL_SET_LENGTH} letters, digits, _ . - are needed")
    if set(LISTS).intersection(family_sets(text).values()):
        raise ValueError("that is the list of all sets")
    return text
