"""The records in sets.json: what a boot needs to know of each jail of the ban action. Pure."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Optional

from ideolab_f2b import config
from ideolab_f2b.actions import ports
from ideolab_f2b.actions.ports import Ports
from ideolab_f2b.firewall.chains import HOOKS
from ideolab_f2b.firewall.names import require_jail_set
from ideolab_f2b.firewall.port_rule import PortScope

#: the name of the file in the directory of a server's state
NAME = "sets.json"
DEFAULT_PATH = config.SERVER_STATE / NAME
#: of the file; another one is none that this version reads
VERSION = 1
#: jails in one file
JAILS_LIMIT = 1000
#: characters of the name of a jail
_NAME = 200
SCOPES = ("all", "port")
BACKENDS = ("ipset", "nft")
TICKETS = ("addresses", "as")
#: elements that a set can have, as the option maxelem
_MAXELEM = range(64, 16_777_217)
#: seconds that no ban outlasts; a whole number beyond any float would stop the reading of all bans
_FOREVER_S = 1 << 40
_PROTOCOL = re.compile(r"[a-z0-9-]{1,20}")


class JailRecordError(ValueError):
    """The record of a jail says something that no ban action has written."""


@dataclass(frozen=True)
class JailRecord:
    """The sets of one jail, what they drop, and how long fail2ban lets its bans last after a restart."""

    jail: str
    set: str
    maxelem: int
    scope: str = "all"
    ports: Ports = (443,)
    protocol: tuple[str, ...] = ("tcp",)
    hook: str = "prerouting"
    backend: str = "ipset"
    #: what its bans are: addresses, or AS numbers
    tickets: str = "addresses"
    #: IPv4 addresses and /64 of IPv6 that an AS may have; None = what f2b.conf says
    cap: Optional[tuple[int, int]] = None
    #: seconds, -1 for ever: older bans are not restored, unless they grow (bantime.increment)
    bantime: int = -1
    #: seconds, -1 for ever: a longer ban is restored with this time
    longest: int = -1
    is_increasing: bool = False
    #: the widest networks that are banned, by their prefix lengths
    min_prefix4: int = 16
    min_prefix6: int = 32
    #: root's list of what is never banned; "" for none
    allow_file: str = ""
    #: the networks of the option allow
    allow: tuple[str, ...] = ()

    @property
    def port_scope(self) -> Optional[PortScope]:
        """What is dropped of a banned peer; None = all."""
        return PortScope(self.protocol, self.ports) if self.scope == "port" else None


class JailRecords(NamedTuple):
    """The content of sets.json; `database` is fail2ban's, "" where it has none on the disk."""

    database: str = ""
    jails: tuple[JailRecord, ...] = ()
    #: what of the file cannot be used
    problems: tuple[str, ...] = ()


def to_json(found: JailRecords) -> bytes:
    """Return the content of the file, with a line for each jail."""
    lines = ",\n".join(json.dumps(_to_object(each)) for each in found.jails)
    head = f'{{"version": {VERSION}, "database": {json.dumps(found.database)}, "jails": ['
    return f"{head}\n{lines}\n]}}\n".encode()


def from_json(content: bytes) -> JailRecords:
    """Read the file; a jail whose record is wrong is a problem, and the others count. JailRecordError."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise JailRecordError(f"it is no JSON: {error}") from error
    if not isinstance(found, dict) or found.get("version") != VERSION:
        raise JailRecordError("another version has written it")
    database, rows = found.get("database"), found.get("jails")
    if not isinstance(database, str) or not isinstance(rows, list):
        raise JailRecordError("it has no database and no jails")
    if database and (not database.startswith("/") or "\0" in database):
        raise JailRecordError("its database has no absolute path")
    jails, problems = [], []
    for row in rows[:JAILS_LIMIT]:
        try:
            jails.append(_from_object(row))
        except (JailRecordError, ValueError, TypeError) as error:
            name = row.get("jail") if isinstance(row, dict) else row
            problems.append(f"jail {str(name)[:_NAME]!r}: {error}")
    return JailRecords(database, tuple(jails), tuple(problems))


def _to_object(record: JailRecord) -> dict[str, Any]:
    return {**dataclasses.asdict(record), "ports": [_text(port) for port in record.ports]}


def _text(port: object) -> str:
    return f"{port[0]}:{port[-1]}" if isinstance(port, range) else str(port)


def _from_object(row: object) -> JailRecord:
    if not isinstance(row, dict):
        raise JailRecordError("it is no object")
    unknown = row.keys() - _READ.keys()
    if unknown or "jail" not in row or "set" not in row or "maxelem" not in row:
        raise JailRecordError("it has other words than the record of a jail")
    return JailRecord(**{name: _READ[name](value) for name, value in row.items()})


def _name(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _NAME:
        raise JailRecordError("it has no name")
    return value


def _one_of(known: Iterable[object]) -> Any:
    def read(value: object) -> object:
        if value not in known or isinstance(value, bool):
            raise JailRecordError(f"{value!r:.60} is none of what is known")
        return value

    return read


def _seconds(value: object) -> int:
    if not isinstance(value, int) or value < -1 or isinstance(value, bool):
        raise JailRecordError(f"{value!r:.60} is no time")
    return min(value, _FOREVER_S)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise JailRecordError(f"{value!r:.60} is no list of words")
    return tuple(value)


def _cap(value: object) -> Optional[tuple[int, int]]:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2:
        raise JailRecordError(f"{value!r:.60} is no cap of addresses")
    return _seconds(value[0]), _seconds(value[1])


def _protocols(value: object) -> tuple[str, ...]:
    words = _texts(value)
    if not words or not all(map(_PROTOCOL.fullmatch, words)):
        raise JailRecordError("it names no protocols")
    return words


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise JailRecordError(f"{value!r:.60} is no flag")
    return value


def _path(value: object) -> str:
    if not isinstance(value, str) or (value and not value.startswith("/")) or "\0" in value:
        raise JailRecordError(f"{value!r:.60} is no path")
    return value


_READ: Mapping[str, Any] = {
    "jail": _name,
    "set": lambda value: require_jail_set(_name(value)),
    "maxelem": _one_of(_MAXELEM),
    "scope": _one_of(SCOPES),
    "ports": lambda value: ports.read(" ".join(_texts(value))),
    "protocol": _protocols,
    "hook": _one_of(tuple(HOOKS)),
    "backend": _one_of(BACKENDS),
    "tickets": _one_of(TICKETS),
    "cap": _cap,
    "bantime": _seconds,
    "longest": _seconds,
    "is_increasing": _flag,
    "min_prefix4": _one_of(range(1, 33)),
    "min_prefix6": _one_of(range(1, 129)),
    "allow_file": _path,
    "allow": _texts,
}
