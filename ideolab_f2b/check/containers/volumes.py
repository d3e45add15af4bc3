"""Checks that what has to outlive a container of the pack stands on a volume; no verdict on a host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import DEFAULT_PATH, SERVER_STATE, Settings
from ideolab_f2b.places import find_compose

CHECK = "volume"
#: what fail2ban says of its database; "Database currently disabled" is the other answer
_DATABASE = re.compile(r"- (/\S.*)")
_MEND = "mount a volume there (volumes: of fail2ban in deploy/docker/compose.yaml)"
#: file systems that end with the container
_FLEETING = ("tmpfs", "ramfs")


def volumes(settings: Settings, mounts: Path = Path("/proc/self/mountinfo")) -> Iterator[Verdict]:
    """Check the database of fail2ban, and what the services of the pack keep or hand to each other."""
    if not find_compose():
        return
    found = parse(mounts.read_text("utf-8", "replace"))
    yield _check_database(found)
    for path, loss in (
        (settings.paths.log_dir, "what connmon writes does not come to fail2ban"),
        (settings.paths.state_dir, "the state of connmon does not come here, and is lost with its container"),
        (SERVER_STATE, "with the container it is forgotten what was unbanned"),
        (DEFAULT_PATH.parent, "connmon has other settings, and changes are lost with the container"),
    ):
        yield judge(str(path), find_kind(found, str(path)), loss)


def _check_database(mounts: Mapping[str, str]) -> Verdict:
    try:
        found = _DATABASE.search(fail2ban_client.ask("get", "dbfile"))
    except fail2ban_client.ClientError as error:
        return unknown(CHECK, f"where fail2ban keeps its bans is not known: {error}")
    loss = "a new container knows no ban, and lifts what it finds in the kernel"
    if found is None:
        mend = "take dbfile = None out of /etc/fail2ban/fail2ban.local"
        return wrong(CHECK, f"fail2ban has no database: {loss}", mend)
    return judge(found[1], find_kind(mounts, found[1]), loss)


def parse(text: str) -> dict[str, str]:
    """Return {where something is mounted: its kind of file system} from a mountinfo. Pure."""
    found = {}
    for line in text.splitlines():
        words, _dash, rest = line.partition(" - ")
        # a later mount at the same place hides the one before
        found[words.split()[4].encode().decode("unicode_escape")] = rest.split()[0]
    return found


def find_kind(mounts: Mapping[str, str], path: str) -> Optional[str]:
    """Return the kind of the innermost mount that holds a path; None: the container's own root. Pure."""
    above = [one for one in mounts if one != "/" and (path == one or path.startswith(f"{one}/"))]
    return mounts[max(above, key=len)] if above else None


def judge(path: str, kind: Optional[str], loss: str) -> Verdict:
    """Return the verdict on a path from the kind of file system that it is on. Pure."""
    if kind is None or kind in _FLEETING:
        return wrong(CHECK, f"{path} ends with this container: {loss}", _MEND)
    return ok(CHECK, f"{path} outlives the container")
