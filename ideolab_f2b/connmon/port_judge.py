"""Judges one port of one network namespace: reads a snapshot, and what more its findings ask for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace

from ideolab_f2b.config import Connmon, Network
from ideolab_f2b.connmon.alike.finder import AlikeFinder
from ideolab_f2b.connmon.pressure.state import Pressure, SlotUse
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.connmon.suspects.cluster import ClusterFinder
from ideolab_f2b.connmon.suspects.detector import Detector
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.kernel.sockets.detail import Detail
from ideolab_f2b.kernel.sockets.row import Row

Rows = Callable[[int], Iterable[Row]]
Details = Callable[[int, Collection[Network]], Iterable[Detail]]
Systems = Callable[[Iterable[bytes]], dict[bytes, str]]


class PortJudge:
    """Has one detector; keeps nothing else between two looks."""

    def __init__(
        self,
        port: int,
        settings: Connmon,
        *,
        rows: Rows,
        details: Details,
        systems: Systems,
        measure: Callable[[SlotUse, float], Pressure],
    ) -> None:
        self.port, self._rows = port, rows
        self._detector = Detector(settings, measure=measure)
        self._clusters = ClusterFinder(port, details)
        self._alike = AlikeFinder(port, details, systems)
        self._has_looked = False

    def tell_own(self, own: frozenset[bytes]) -> None:
        """Take the packed addresses that are never scored."""
        if own != self._detector.own:
            self._detector.own = own

    def look(self, when: float) -> PortTick:
        """Judge a snapshot; OSError when the kernel does not answer."""
        started = time.perf_counter()
        self._has_looked = True
        findings = self._detector.judge(Snapshot(when, self.port, self._rows(self.port)))
        took_s = time.perf_counter() - started
        self._group_crowd(findings, when)
        return PortTick(when, self.port, self._add_clusters(findings), took_s)

    def rest(self, when: float) -> None:
        """Forget the connections of the last look: there are too few now to look again."""
        if self._has_looked:
            self._detector.judge(Snapshot(when, self.port, ()))
            self._has_looked = False

    def _group_crowd(self, findings: Findings, when: float) -> None:
        """Tell the detector which clients of a full server are alike; the next snapshots name them."""
        if findings.crowd is not None:
            with contextlib.suppress(OSError):
                groups = self._alike.find(findings.crowd, when)
                if groups is not None:
                    self._detector.tell_alike(groups)

    def _add_clusters(self, findings: Findings) -> Findings:
        """Add the network keys of the suspects; leave them out when the kernel does not answer."""
        with contextlib.suppress(OSError):
            suspects, clusters = self._clusters.find(findings.suspects)
            return replace(findings, suspects=suspects, clusters=(*findings.clusters, *clusters))
        return findings
