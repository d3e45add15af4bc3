"""The name that people know a container by, from what the kernel tells of a process; all text is hostile."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Optional

#: characters of a name; the rest becomes _
_FOREIGN = re.compile(r"[^A-Za-z0-9_.:-]")
_SIZE = 64
#: digits of an id, as `docker ps` shows them
ID_SIZE = 12
_ENGINE = re.compile(
    r"(?:^|[/:-])(docker|libpod|crio|cri-containerd)[-/:]([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])"
)
_ID = re.compile(r"(?:^|[/-])([0-9a-f]{12})[0-9a-f]{52}(?![0-9a-f])")
_LXC = re.compile(r"/lxc\.payload\.([^/]{1,64})|/lxc/([^/]{1,64})")
_MACHINE = re.compile(r"/machine-([^/]{1,64}?)\.scope")
_UNIT = re.compile(r"/([^/]{1,64})\.service(?=/|$)")
#: also as who is in a cgroup namespace, such as the Compose file's opener, sees it
_USER = re.compile(r"(?:/\.\.)*/user\.slice/user-([0-9]{1,10})\.slice")
_USERS = re.compile(r"user([0-9]{1,10}):")


def name_container(cgroup: str, netns: str, pid: int) -> str:
    """Return the name of a container by the text of /proc/PID/cgroup, its name in /run/netns or pid.

    A container of a user has the user's number in front: users choose what their part of the path is.
    """
    paths = list(_paths(cgroup))
    for path in paths:
        # what stands further left, the owner of the rest has made
        name = _engine(path)
        if name:
            user = _USER.match(path)
            return _clean(f"user{user[1]}:{name}" if user else name)
    if netns:
        return _clean(f"netns:{netns}")
    for path in paths:
        unit = _UNIT.search(path)
        if unit:
            return _clean(f"unit:{unit[1]}")
    return f"pid:{pid}"


def user_of(name: str) -> Optional[int]:
    """Return the user whose container has this name; None where it is root's."""
    user = _USERS.match(name)
    return int(user[1]) if user else None


def _paths(cgroup: str) -> Iterator[str]:
    """Yield the paths, that of cgroup2 first, then systemd's: with version 1 each controller has its own."""
    lines = [line.split(":", 2) for line in cgroup.splitlines()[:32] if line.count(":") >= 2]
    for _number, _controllers, path in sorted(lines, key=lambda line: line[1] not in ("", "name=systemd")):
        yield path[:4096]


def _engine(path: str) -> str:
    found = [(match.start(), name) for match, name in _candidates(path)]
    return min(found)[1] if found else ""


def _candidates(path: str) -> Iterator[tuple[re.Match[str], str]]:
    for pattern, form in (
        (_ENGINE, "{0}:{1}"),
        (_LXC, "lxc:{0}"),
        (_MACHINE, "machine:{0}"),
        (_ID, "container:{0}"),
    ):
        match = pattern.search(path)
        if match:
            yield match, form.format(*(part for part in match.groups() if part))


def _clean(name: str) -> str:
    return _FOREIGN.sub("_", name)[:_SIZE]
