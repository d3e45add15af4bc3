"""The loop of connmon: gate, look, judge, hand over. Its parts come in as arguments."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from ideolab_f2b.config import Connmon, Network
from ideolab_f2b.connmon.connection import Snapshot, Verdict
from ideolab_f2b.connmon.output.metrics import Look
from ideolab_f2b.connmon.output.writer import Complaint, Output
from ideolab_f2b.connmon.suspects.cluster import Clusters
from ideolab_f2b.connmon.suspects.judge import Judge
from ideolab_f2b.kernel import address, sockstat
from ideolab_f2b.kernel.sockets import detail, sock_diag
from ideolab_f2b.kernel.sockets.detail import Detail
from ideolab_f2b.kernel.sockets.row import Row

#: seconds between two readings of the host's own addresses and gateways
OWN_EVERY_S = 60.0
#: of a core: with so many connections that a look takes more of it, the looks come less often
CORE_SHARE = 0.045
#: the shortest pause between two looks, whatever is ripening
SHORTEST_S = 0.5
#: the second look at a network that is a new suspect: its jail wants two lines
CONFIRM_S = 1.0
#: how long after the moment of ripeness to look, so that rounding in the kernel's clocks does not miss it
RIPE_MARGIN_S = 0.1


def own_addresses() -> frozenset[bytes]:
    """The packed addresses that are never scored: this host's own, and its gateways."""
    return frozenset(item.packed for item in address.local_addresses() | address.gateways())


class Watch:
    """Looks at each port with one judge per port; keeps nothing else between two looks."""

    def __init__(
        self,
        settings: Connmon,
        *,
        rows: Callable[[int], Iterable[Row]] = sock_diag.rows,
        details: Callable[[int, Collection[Network]], Iterable[Detail]] = detail.details,
        inuse: Callable[[], int] = sockstat.inuse,
        own: Callable[[], frozenset[bytes]] = own_addresses,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._rows, self._inuse, self._own, self._clock = rows, inuse, own, clock
        self._judges = {port: Judge(settings) for port in settings.ports}
        self._clusters = {port: Clusters(port, details) for port in settings.ports}
        self._own_read = float("-inf")
        self._calm: int | None = None
        self._looks: list[Look] = []
        self._networks: set[str] = set()
        self._cost_s = 0.0
        self._has_new_network = False

    def tick(self) -> list[Look]:
        """A look at every port, or the last ones again when nothing can have changed: fewer sockets in use
        than any threshold, and as many as then. OSError when the kernel does not answer."""
        inuse = self._inuse()
        if self._calm == inuse:
            now = self._clock()
            self._looks = [look._replace(when=now, took_s=0.0) for look in self._looks]
            return self._looks
        started_s = time.process_time()
        self._read_own()
        self._looks = [self._look(port) for port in self._settings.ports]
        self._calm = inuse if inuse < self._lowest() else None
        suspects = [suspect for look in self._looks for suspect in look.verdict.suspects]
        networks = {suspect.address for suspect in suspects if suspect.scope == "net"}
        self._has_new_network = bool(networks - self._networks)
        self._networks = networks
        self._cost_s = time.process_time() - started_s
        return self._looks

    def pause(self) -> float:
        """Seconds until the next look: sooner than `every_s` when somebody's connections ripen before, or
        when a network is a suspect for the first time; later when looks are dear."""
        ripe = [look.verdict.ripe_in_s for look in self._looks if look.verdict.ripe_in_s is not None]
        soonest = [self._settings.every_s, *(seconds + RIPE_MARGIN_S for seconds in ripe)]
        soonest += [CONFIRM_S] * self._has_new_network
        return max(SHORTEST_S, self._cost_s / CORE_SHARE, min(soonest))

    def _look(self, port: int) -> Look:
        when, started = self._clock(), time.perf_counter()
        verdict = self._judges[port].feed(Snapshot(when, port, self._rows(port)))
        took_s = time.perf_counter() - started
        return Look(when, port, self._told(port, verdict), took_s)

    def _told(self, port: int, verdict: Verdict) -> Verdict:
        """With the network keys of the suspects; without them when the kernel does not tell."""
        with contextlib.suppress(OSError):
            suspects, clusters = self._clusters[port].look(verdict.suspects)
            return replace(verdict, suspects=suspects, clusters=clusters)
        return verdict

    def _lowest(self) -> int:
        settings = self._settings
        return min(
            settings.th_hostile_ip, settings.th_conn_ip, settings.th_hostile_subnet, settings.th_conn_subnet24
        )

    def _read_own(self) -> None:
        if time.monotonic() - self._own_read < OWN_EVERY_S:
            return
        own = self._own()
        for judge in self._judges.values():
            judge.own = own
        self._own_read = time.monotonic()


def run(watch: Watch, output: Output, stop: threading.Event, complaint: Complaint) -> None:
    """Tick until `stop` is set. An error is said and the next tick comes: nothing else ends the watch."""
    while not stop.is_set():
        try:
            looks = watch.tick()
        except OSError as error:
            complaint(f"no look at the sockets: {error}", time.time())
        else:
            output.put(looks)
        stop.wait(watch.pause())


def once(watch: Watch, output: Output, stop: threading.Event) -> None:
    """Two looks, because rates need both, and a third when somebody's connections ripen soon after."""
    looks = watch.tick()
    output.put(looks)
    ripening = True
    for _ in range(2):
        if not ripening or stop.wait(watch.pause()):
            return
        looks = watch.tick()
        output.put(looks)
        ripening = any(look.verdict.ripe_in_s is not None for look in looks)
