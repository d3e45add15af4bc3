"""Judges the flows to watched ports that this host hands on: does anybody look at where they end?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Optional

from ideolab_f2b.check.containers.survey import Survey
from ideolab_f2b.check.containers.unwatched import Unwatched
from ideolab_f2b.check.containers.ways import CONTAINER, HERE, MACHINE, Ways
from ideolab_f2b.check.verdict import WRONG, Verdict, ok, unknown, wrong
from ideolab_f2b.config import DEFAULT_PATH
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.conntrack import Flow
from ideolab_f2b.places import NETNS, SERVICE, bring_opener, list_containers, restart, show_log

CHECK = "flows"
#: ends of flows that get a line of their own
LIMIT = 20
#: ports that one line names
_PORTS = 5
_LIST = "conntrack -L -p tcp"


@dataclass(frozen=True)
class End:
    """Where flows end: the server's address and port."""

    server: Address
    port: int

    @property
    def check(self) -> str:
        """The name of the check."""
        return f"{CHECK} {self.server} port {self.port}"


@dataclass(frozen=True)
class Watched:
    """What is watched: the ports and containers of the settings, and what was seen of both."""

    ports: Collection[int]
    containers: Collection[str]
    survey: Survey
    unwatched: Collection[Unwatched]


def judge(
    ends: Mapping[End, Counter[int]], watch: Watched, ways: Ways, *, is_whole: bool
) -> Iterator[Verdict]:
    """Yield a verdict on each end of clients' flows that nobody looks at, and one on the others. Pure."""
    fine = {end: asked for end, asked in ends.items() if _is_watched(end, watch)}
    others = sorted(ends.keys() - fine.keys(), key=lambda end: (-sum(ends[end].values()), end.check))
    verdicts = [_judge_end(end, ends[end], watch, ways) for end in others]
    yield from verdicts[:LIMIT]
    if verdicts[LIMIT:]:
        text = f"{len(verdicts[LIMIT:])} more places to which connections go on"
        faults = [verdict for verdict in verdicts[LIMIT:] if verdict.state == WRONG]
        yield wrong(CHECK, text, faults[0].mend) if faults else unknown(CHECK, text, _LIST)
    if not is_whole:
        yield unknown(CHECK, "connection tracking has more flows than were looked at", _LIST)
    elif fine:
        count = sum(sum(asked.values()) for asked in fine.values())
        yield ok(CHECK, f"{count} connections go on to {len(fine)} ports of containers that are looked into")
    elif not verdicts:
        yield ok(CHECK, "no client's connection to a watched port goes on to a container now")


def find_ends(flows: Collection[Flow], ports: Collection[int], ways: Ways) -> Mapping[End, Counter[int]]:
    """Return {end: clients' flows by the port that they asked for}. Pure."""
    found: dict[End, Counter[int]] = {}
    for flow in flows:
        if _is_clients(flow, ports, ways):
            found.setdefault(End(flow.server, flow.server_port), Counter())[flow.port] += 1
    return found


def find_local(flows: Collection[Flow], ways: Ways) -> frozenset[bytes]:
    """Return the packed addresses of the servers to which programs of this host are connected. Pure."""
    return frozenset(flow.server.packed for flow in flows if ways.locate(flow.source) == HERE)


def _is_watched(end: End, watch: Watched) -> bool:
    place = watch.survey.find(end.server.packed)
    return place is not None and end.port in place.peers


def _is_clients(flow: Flow, ports: Collection[int], ways: Ways) -> bool:
    if ways.locate(flow.source) in (HERE, CONTAINER, MACHINE):
        return False
    if ways.locate(flow.server) == HERE:
        return flow.server_port not in ports
    if flow.server == flow.destination:
        # handed on without another address: what only passes through a router leaves to another network
        return ways.locate(flow.server) in (CONTAINER, MACHINE)
    # a router that sends what its network asks of the Internet to a proxy has no part in that either
    return not ways.has_gateway(flow.destination)


def _judge_end(end: End, asked: Counter[int], watch: Watched, ways: Ways) -> Verdict:
    place = watch.survey.find(end.server.packed)
    found = next((one for one in watch.unwatched if end.server.packed in one.own), None)
    name = place.name if place else found.name if found else ""
    where = ways.locate(end.server)
    ports = ", ".join(map(str, sorted(asked)[:_PORTS]))
    what = f"{sum(asked.values())} connections to port {ports} go on to "
    if where == HERE:
        return wrong(end.check, f"{what}port {end.port} of this host, which is not watched", _add_port(end))
    if name or where == CONTAINER:
        return _judge_container(end, f"{what}{name or 'a container'}", found, watch)
    kind = "a virtual machine" if where == MACHINE else "another machine"
    text = f"{what}{kind}: the DROP rule here holds for it, but its sockets are not this kernel's"
    return unknown(end.check, text, "install ideolab-f2b there, too (docs/containers.md#what-check-says)")


def _judge_container(end: End, what: str, found: Optional[Unwatched], watch: Watched) -> Verdict:
    if end.port not in watch.ports:
        mends = [_add_port(end), *([] if watch.survey.has_opener else [bring_opener()])]
        return wrong(end.check, f"{what}: its port is {end.port}, which is not watched", "; ".join(mends))
    text = f"{what}, and nobody looks there: idle clients are not found, banned ones keep their connections"
    if not watch.containers:
        mends = [*([] if watch.survey.has_opener else [bring_opener()]), cover("", ())]
        return unknown(end.check, f"{text} (containers = no)", "; ".join(mends))
    mend = _find_mend(found, watch)
    return wrong(end.check, text, mend) if mend else unknown(end.check, text, tell_why())


def _find_mend(found: Optional[Unwatched], watch: Watched) -> str:
    """Return what makes the opener hand a container out; "" where that is not known."""
    if not watch.survey.has_opener:
        return bring_opener()
    is_left_out = bool(found and found.why) or "auto" not in watch.containers
    return cover(found.name if found else "", watch.containers) if is_left_out else ""


def tell_why() -> str:
    """Return what says why the opener leaves a container out."""
    return f"{list_containers()}; {show_log(NETNS)}"


def cover(name: str, words: Collection[str]) -> str:
    """Return what to type so that [connmon] containers has this container beside `words`. Pure."""
    # a process has another number tomorrow
    is_lasting = bool(name) and not name.startswith("pid:")
    value = ", ".join([*words, name]) if is_lasting and words else "auto"
    # connmon asks nobody where it began with `no`
    both = restart(NETNS, SERVICE)
    return f"write containers = {value} in [connmon] of {DEFAULT_PATH}, then {both}"


def name_fewer() -> str:
    """Return what to type where `auto` covers more containers than the opener tells of. Pure."""
    both = restart(NETNS, SERVICE)
    return f"write the names of those that count into containers in [connmon] of {DEFAULT_PATH}, then {both}"


def _add_port(end: End) -> str:
    return f"add {end.port} to port in [connmon] of {DEFAULT_PATH}, then {restart(SERVICE)}"
