"""The bans of a host, in force again before its network is up: what is read, what is put, what is said."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b import files
from ideolab_f2b.actions.jail_record import DEFAULT_PATH, JailRecord, JailRecordError, JailRecords, from_json
from ideolab_f2b.boot import database, force, plan
from ideolab_f2b.boot.asn import AsNetworks
from ideolab_f2b.boot.database import DatabaseError, StoredBan
from ideolab_f2b.boot.force import PlacedBans
from ideolab_f2b.boot.plan import Plan
from ideolab_f2b.boot.spared import Spared


class Restored(NamedTuple):
    """What was done in words, and what could not be."""

    said: str
    problems: tuple[str, ...]


def restore(path: Path = DEFAULT_PATH, now: Optional[float] = None) -> Restored:
    """Put the sets, the rules and the bans of all recorded jails in force; a fault never stops the rest."""
    try:
        found = read_records(path)
    except FileNotFoundError:
        return Restored("no jail of the ban action has run here yet", ())
    except (OSError, JailRecordError) as error:
        text = f"{path}: {error}; fail2ban writes it anew when it starts"
        return Restored("no bans restored", (text,))
    return _restore(found, time.time() if now is None else now, AsNetworks(path.parent))


def read_records(path: Path) -> JailRecords:
    """Return what the ban action has written down; OSError, JailRecordError."""
    found = path.stat()
    if not files.is_written_by(found, 0):
        raise JailRecordError("others than root can write it: chown root and chmod 600 it")
    return from_json(files.read(path))


def _restore(found: JailRecords, now: float, networks: AsNetworks) -> Restored:
    problems = list(found.problems)
    spared = Spared()
    planned = plan.make(found.jails, _read_bans(found, now, problems), now, spared, networks.find)
    done = force.put(found.jails, planned.elements)
    problems += (*_explain(planned), *networks.problems, *spared.problems, *done.problems)
    return Restored(_describe(found.jails, planned, done), tuple(problems))


def _read_bans(found: JailRecords, now: float, problems: list[str]) -> Iterator[StoredBan]:
    try:
        yield from database.read(found.database, now)
    except DatabaseError as error:
        problems.append(str(error))


def _explain(planned: Plan) -> Iterator[str]:
    if planned.full:
        yield f"{planned.full} bans have no room: raise maxelem of their jails, or shorten the bans"


def _describe(jails: Sequence[JailRecord], planned: Plan, done: PlacedBans) -> str:
    said = f"{done.elements} elements for {planned.bans} bans of {len(jails)} jails are in force"
    spared = f"; {planned.spared} bans are left out, which root's lists spare" if planned.spared else ""
    return f"{said} in {' and '.join(done.backends) or 'no backend'}{spared}"
