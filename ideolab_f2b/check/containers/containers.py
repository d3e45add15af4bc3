"""Checks the containers of this host: each that is looked into, and those that should be."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from ideolab_f2b.check.containers import flows, forwarders, hidden, survey, unwatched
from ideolab_f2b.check.containers.flows import Watched
from ideolab_f2b.check.containers.survey import NamespacePeers, Survey
from ideolab_f2b.check.containers.unwatched import Found, Unwatched
from ideolab_f2b.check.containers.ways import Ways, is_forwarding
from ideolab_f2b.check.nginx import proxy
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.kernel import conntrack
from ideolab_f2b.kernel.interfaces import read_interfaces
from ideolab_f2b.kernel.netlink import KernelError
from ideolab_f2b.namespaces.namespace import NAMESPACES, SOCKET
from ideolab_f2b.namespaces.walk import list_pids
from ideolab_f2b.places import bring_opener, list_containers

CHECK = "containers"
#: containers that get a line of their own
LIMIT = 20
_UNCONFINED = "run check unconfined: outside of a container, or with apparmor=unconfined; ausearch -m avc"
#: a container of a user's own engine
_OF_A_USER = re.compile(r"user[0-9]{1,10}:")


class _Leaving(NamedTuple):
    """The verdicts on clients' flows, and the packed addresses where these and this host's own end."""

    verdicts: list[Verdict]
    servers: frozenset[bytes] = frozenset()
    local: frozenset[bytes] = frozenset()


def containers(
    settings: Settings, socket: str = SOCKET, pids: Callable[[], list[int]] = list_pids
) -> Iterator[Verdict]:
    """Look at this host and its containers once, and judge what is there; `pids` may be a container's."""
    ports = settings.connmon.ports
    words = settings.connmon.containers
    seen = survey.make(ports, socket)
    found = unwatched.find(ports, {place.netns for place in seen.containers}, pids)
    leaving = _read_flows(Watched(ports, words, seen, found.namespaces))
    yield from judge_places(seen.containers)
    # what clients come to is said once, with their number
    rest = [one for one in found.namespaces if one.ports and not one.own & leaving.servers]
    yield from judge_rest(rest, seen, words)
    yield from judge_search(seen, found, forwards=is_forwarding())
    yield from leaving.verdicts
    programs = forwarders.find(ports, pids())
    fronts, proxies = proxy.find_fronts(settings), forwarders.find_proxies(pids())
    known = hidden.Known(settings.connmon.ignore, fronts, proxies, ports, leaving.local)
    yield from hidden.judge(seen, known)
    yield from judge_forwarders(programs)


def judge_places(places: Collection[NamespacePeers]) -> Iterator[Verdict]:
    """Yield a verdict on each container that is looked into, the fullest first. Pure."""
    ordered = sorted(places, key=lambda place: (-_count(place), place.name))
    for place in ordered[:LIMIT]:
        text = "; ".join(
            f"port {port}, {sum(peers.values())} connections" for port, peers in sorted(place.peers.items())
        )
        yield ok(f"container {place.name}", text)
    rest = ordered[LIMIT:]
    if rest:
        yield ok(CHECK, f"{len(rest)} more containers, {sum(map(_count, rest))} connections")


def _count(place: NamespacePeers) -> int:
    return sum(sum(peers.values()) for peers in place.peers.values())


def judge_rest(rest: Collection[Unwatched], seen: Survey, words: Collection[str]) -> Iterator[Verdict]:
    """Yield a verdict on each listening namespace that nobody looks into. Pure."""
    ordered = sorted(rest, key=lambda one: one.name)
    for one in ordered[:LIMIT]:
        text = f"listens on port {', '.join(map(str, sorted(one.ports)))} and is not looked into"
        reason, mend = _explain(one, seen, words)
        yield unknown(f"container {one.name}", f"{text}: {reason}", mend)
    if ordered[LIMIT:]:
        yield unknown(CHECK, f"{len(ordered[LIMIT:])} more listen and are not looked into", list_containers())


def judge_search(seen: Survey, found: Found, *, forwards: bool) -> Iterator[Verdict]:
    """Yield what keeps containers from being seen, or that there are none. Pure."""
    if seen.trouble and seen.has_opener:
        # its own error says so already, that of a file does not
        what = "" if "opener" in seen.trouble else "the opener does not answer: "
        yield unknown(CHECK, f"{what}{seen.trouble}", list_containers())
    if found.denied:
        text = f"{found.denied} processes cannot be looked at, as in containers (AppArmor, SELinux)"
        yield unknown(CHECK, text, _UNCONFINED)
    if found.denied or seen.containers or any(one.ports for one in found.namespaces):
        return
    if found.is_whole:
        yield ok(CHECK, "no container listens on a watched port")
    elif forwards and not seen.trouble:
        yield ok(CHECK, "the opener finds no container that listens on a watched port")
    elif forwards and not seen.has_opener:
        mend = f"sudo ideolab-f2b check, or {bring_opener()}"
        yield unknown(CHECK, "whether a container listens on a watched port is not seen", mend)


def _explain(one: Unwatched, seen: Survey, words: Collection[str]) -> tuple[str, str]:
    """Return why a container is not looked into, and what to do."""
    if _OF_A_USER.match(one.name):
        return "a user's own engine made it", "watch the host's port that leads to it: port in [connmon]"
    if "route" in one.why:
        return (
            "it does not route through this host (macvlan, a VPN, a rootless engine), nor passes its rule",
            "watch the host's port of a rootless container; else install ideolab-f2b in it",
        )
    if not seen.has_opener:
        return "the opener is off", bring_opener()
    if one.why or "auto" not in words:
        return one.why or "[connmon] containers does not cover it", flows.cover(one.name, words)
    if len(seen.containers) >= NAMESPACES:
        return f"the opener looks into {NAMESPACES} containers", flows.name_fewer()
    return "the opener cannot look into it (AppArmor, SELinux), or has not yet", flows.tell_why()


def _read_flows(watch: Watched) -> _Leaving:
    if not is_forwarding():
        # nothing goes on to another namespace: the check `forwarding` says so
        return _Leaving([])
    if not conntrack.is_tracking():
        text = "this host forwards packets without connection tracking: where clients end is not seen"
        return _Leaving([unknown(flows.CHECK, text, "conntrack -L -p tcp")])
    try:
        ways, found = Ways(read_interfaces()), conntrack.find_flows(watch.ports)
    except KernelError as error:
        return _Leaving([unknown(flows.CHECK, str(error), error.way_out)])
    ends = flows.find_ends(found.flows, watch.ports, ways)
    verdicts = list(flows.judge(ends, watch, ways, is_whole=found.is_whole))
    servers = frozenset(end.server.packed for end in ends)
    return _Leaving(verdicts, servers, flows.find_local(found.flows, ways))


def judge_forwarders(programs: Mapping[int, str]) -> Iterator[Verdict]:
    """Yield a verdict on each port of this host that an engine's program hands on. Pure."""
    for port, name in sorted(programs.items()):
        if name in forwarders.HIDING and name != "docker-proxy":
            text = f"{name} takes its connections: connmon sees the clients here, the logs inside do not"
            yield wrong(
                f"forwarder port {port}", text, "let pasta forward (docs/containers.md#who-hides-the-clients)"
            )
        elif name in forwarders.NAMES - forwarders.HIDING:
            yield ok(
                f"forwarder port {port}", f"{name} takes its connections and keeps the clients' addresses"
            )
