"""How many connections an nginx can hold: worker_processes x worker_connections, read from text. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple, Optional

#: nginx's own default
WORKER_CONNECTIONS = 512
#: no real nginx has more; a larger number would be a garbled file
LARGEST = 10_000_000
_DESCRIPTORS = re.compile(r"(?:^|[;{}\s])worker_rlimit_nofile\s+(\d{1,8})\s*;")
_COMMENT = re.compile(r"(?m)(?:^|(?<=\s))#.*$")
_PROCESSES = re.compile(r"(?:^|[;{}\s])worker_processes\s+(auto|\d{1,6})\s*;")
_CONNECTIONS = re.compile(r"(?:^|[;{}\s])worker_connections\s+(\d{1,8})\s*;")
#: where `nginx -T` names a file; the first one is the main one
_FILE = re.compile(r"^# configuration file (.+):$", re.M)
_LINE = re.compile(r"^(config|changed|worker_processes|worker_connections) = (.+)$", re.M)
_RECORD = """\
# ideolab-f2b install wrote this for connmon, from nginx -T. Your own number: capacity = in f2b.conf
config = {config}
changed = {changed}
worker_processes = {processes}
worker_connections = {connections}
"""


class Workers(NamedTuple):
    """The numbers of one nginx, and the file that it reads first."""

    processes: int
    connections: int
    config: str = ""
    #: epoch seconds; when that file was last changed
    changed: int = 0

    @property
    def capacity(self) -> int:
        """Connections that all workers together can hold."""
        return self.processes * self.connections


def parse_config(text: str, cpus: int, config: str = "") -> Workers:
    """Return the numbers of an nginx.conf without its includes; `cpus` is what `auto` means."""
    plain = _COMMENT.sub("", text)
    processes, connections = _PROCESSES.search(plain), _CONNECTIONS.search(plain)
    number = processes[1] if processes else "1"
    descriptors = _DESCRIPTORS.search(plain)
    most = int(connections[1]) if connections else WORKER_CONNECTIONS
    return Workers(
        cpus if number == "auto" else int(number),
        # each connection takes a descriptor too
        min(most, int(descriptors[1])) if descriptors else most,
        config,
    )


def parse_dump(text: str, cpus: int) -> Optional[Workers]:
    """Return the numbers in the text of `nginx -T`, which has all includes; None when it is no such text.

    nginx takes each of both directives only once, in whatever file.
    """
    main = _FILE.search(text)
    return parse_config(text, cpus, main[1]) if main else None


def format_record(workers: Workers) -> str:
    """Return the file that the installer writes."""
    return _RECORD.format(**workers._asdict())


def parse_record(text: str) -> Optional[Workers]:
    """Return what the installer wrote; None when the text is not that."""
    found = dict(_LINE.findall(text))
    try:
        workers = Workers(
            int(found["worker_processes"]),
            int(found["worker_connections"]),
            found["config"],
            int(found["changed"]),
        )
    except (KeyError, ValueError):
        return None
    return workers if 0 < workers.capacity <= LARGEST else None
