"""The verb `netns`: the opener as a service, or a list of what it looks into."""

from __future__ import annotations

import argparse
import contextlib
import pwd
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b import columns, config, notify
from ideolab_f2b.commands.arguments.config_option import add_config_option
from ideolab_f2b.commands.stop_signal import catch_stop
from ideolab_f2b.complaint import complain_on_stderr
from ideolab_f2b.kernel import sockstat
from ideolab_f2b.namespaces import opener
from ideolab_f2b.namespaces.coverage import read_coverage
from ideolab_f2b.namespaces.enter import Home, LostError, is_able
from ideolab_f2b.namespaces.look import Look, Looks
from ideolab_f2b.namespaces.namespace import ROOTS, SOCKET
from ideolab_f2b.namespaces.walk import Walk, read_newest
from ideolab_f2b.places import NETNS, USER, list_containers, restart

#: users that are always answered: root
_ROOT = 0
_HEADER = ("", "name", "ports", "sockets", "why")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.description = (
        "Hand connmon and the ban action a socket into each container that listens on a watched port"
        " (a service: ideolab-netns). --list shows which containers there are, and why one is left out."
    )
    parser.add_argument("--list", action="store_true", help="list the containers, then end; needs root")
    parser.add_argument("--json", action="store_true", help="with --list: one JSON object for each container")
    parser.add_argument("--socket", default=SOCKET, metavar="PATH", help="socket (default: %(default)s)")
    parser.add_argument(
        "--user",
        action="append",
        metavar="NAME",
        help=f"a user beside root who may ask, by name or number; can be repeated (default: {USER})",
    )
    parser.add_argument(
        "--pids",
        type=Path,
        metavar="FILE",
        help="look at the processes only whose numbers stand in this file, as tests do (default: all)",
    )
    add_config_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or SIGINT, or print the list; return 0. OSError or ConfigError say why not."""
    if arguments.list and not is_able():
        need = "to see namespaces takes CAP_SYS_ADMIN and CAP_SYS_PTRACE"
        raise config.ConfigError(f"{need}: {list_containers()}")
    settings, code = _load(arguments)
    home = Home()
    looks = Looks(read_coverage(settings.containers), make_walk(arguments.pids), home)
    with contextlib.closing(home):
        if arguments.list:
            for line in list_lines(looks.take(every=True), settings.ports, as_json=arguments.json):
                print(line)
            return code
        return _serve(arguments, looks)


def _load(arguments: argparse.Namespace) -> tuple[config.Connmon, int]:
    """Return the settings and an exit code; ConfigError where the service cannot begin."""
    try:
        return config.load(arguments.config).connmon, 0
    except config.ConfigError as error:
        if not arguments.list:
            raise
        # who writes a wrong name is sent here for the right ones
        print(f"netns: {error}; this is the list for the defaults", file=sys.stderr)
        return config.Connmon(), 1


def _serve(arguments: argparse.Namespace, looks: Looks) -> int:
    uids, group = find_users(arguments.user or [USER])
    notifier, path = notify.from_environment(), arguments.socket
    with contextlib.ExitStack() as undo:
        wakeup, is_stopped = undo.enter_context(catch_stop())
        listeners = (
            undo.enter_context(_listen(path + ROOTS, group, 0o600)),
            undo.enter_context(_listen(path, group, 0o660)),
        )
        server = opener.Opener(listeners, uids | {_ROOT}, looks, complain_on_stderr("netns"))
        try:
            server.run(is_stopped, lambda: notifier.work(server.describe), wakeup)
        except LostError as error:
            print(f"netns: {error}; it ends, and systemd starts it anew", file=sys.stderr)
            return 1
    notifier.stop()
    return 0


def _listen(path: str, group: int, mode: int) -> socket.socket:
    try:
        return opener.listen(path, group, mode)
    except OSError as error:
        way_out = f"systemd makes the directory for the service: {restart(NETNS)}; or give --socket PATH"
        raise config.ConfigError(f"{path}: {error.strerror}; {way_out}") from error


def make_walk(path: Optional[Path]) -> Walk:
    """Return a walk over the processes of the file, as it is then, or over all."""
    if path is None:
        return Walk(newest=read_newest)
    return Walk(lambda: [int(word) for word in path.read_text().split()])


def find_users(names: Iterable[str]) -> tuple[frozenset[int], int]:
    """Return the numbers of the users, and the group of the first; ConfigError when one is missing."""
    found = []
    for name in names:
        try:
            user = pwd.getpwuid(int(name)) if name.isdecimal() else pwd.getpwnam(name)
            found.append((user.pw_uid, user.pw_gid))
        except KeyError as error:
            if not name.isdecimal():
                raise config.ConfigError(f"there is no user {name}; give --user NAME") from error
            # a container need not know the user
            found.append((int(name), int(name)))
    return frozenset(uid for uid, _gid in found), found[0][1]


def list_lines(looks: Iterable[Look], ports: Iterable[int], *, as_json: bool) -> Iterator[str]:
    """Yield the table, or a JSON object for each namespace: what is looked into comes first."""
    watched = set(ports)
    rows = sorted(looks, key=lambda look: (bool(_explain(look, watched)), look.name))
    if as_json:
        yield from (_to_json(look, watched) for look in rows)
        return
    if not rows:
        yield "there is no other network namespace with a process in it"
        return
    yield from columns.align([_HEADER, *(_to_row(look, watched) for look in rows)])


def _explain(look: Look, watched: set[int]) -> str:
    """Return why a namespace is not looked into; "" when it is."""
    if look.why_not:
        return look.why_not
    if look.listening & watched:
        return ""
    others = ", ".join(map(str, sorted(look.listening)[:8]))
    here = f"there are listeners on {others}" if others else "there are no listeners"
    return f"nobody listens on a watched port ([connmon] port); {here}"


def _to_row(look: Look, watched: set[int]) -> tuple[str, ...]:
    why = _explain(look, watched)
    ports = ",".join(map(str, sorted(look.listening & watched)))
    return "-" if why else "+", look.name, ports or "-", str(_count(look)), why


def _to_json(look: Look, watched: set[int]) -> str:
    why = _explain(look, watched)
    return columns.format_json(
        {
            "name": look.name,
            "netns": look.netns,
            "pid": look.pid,
            "ports": sorted(look.listening & watched),
            "in_use": _count(look),
            "looked_into": not why,
            "why_not": why,
        }
    )


def _count(look: Look) -> Optional[int]:
    try:
        return sockstat.count_of(look.pid)
    except OSError:
        return None
