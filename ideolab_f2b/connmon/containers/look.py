"""Looks into all namespaces of containers in one go, and keeps to a share of a core."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Optional

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.containers.addresses import KnownAddresses
from ideolab_f2b.connmon.containers.judges import MOST, Judges
from ideolab_f2b.connmon.containers.question import Ask, AskAddresses, NamespaceQuestion
from ideolab_f2b.connmon.cost import CONFIRM_SHARE, CORE_SHARE
from ideolab_f2b.connmon.port_judge import Systems
from ideolab_f2b.connmon.suspects.limits import lowest_limit
from ideolab_f2b.connmon.tick import PortTick
from ideolab_f2b.namespaces.namespace import Namespace

#: seconds between two questions for the addresses of all containers: while nothing happens, and else
ADDRESSES_S = 60.0
BUSY_S = 5.0


class Containers:
    """Judges what the opener hands out; an error of one namespace costs this look at it and nothing else."""

    def __init__(
        self,
        settings: Connmon,
        ask: Ask,
        ask_addresses: AskAddresses,
        *,
        systems: Systems,
        above: Optional[int] = None,
        is_wanted: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Namespaces with fewer sockets than `above` are not read; by default those without a suspect.

        With `is_wanted` a missing opener is a problem.
        """
        least = lowest_limit(settings) if above is None else above
        self._question = NamespaceQuestion(
            settings.ports, ask, ask_addresses, above=least, is_wanted=is_wanted
        )
        self._judges, self._known = Judges(settings, systems), KnownAddresses()
        self._clock = clock
        self._ticks: list[PortTick] = []
        self._addresses_at = float("-inf")
        #: the monotonic second before which no look comes
        self._rest_until = float("-inf")
        #: looks at a namespace that failed, and the last of them
        self.errors, self._error = 0, ""
        self._left_out = 0

    @property
    def own(self) -> frozenset[bytes]:
        """The packed addresses that the host routes to containers."""
        return self._known.all

    @property
    def number(self) -> Optional[int]:
        """How many namespaces there are; None where nobody says."""
        return self._question.number

    @property
    def problem(self) -> str:
        """Why containers are not looked into, or not all of them; "" when all is well."""
        if self._question.problem:
            return f"containers are not looked into: {self._question.problem}"
        if self._left_out:
            return f"{self._left_out} containers are not looked into: {MOST} are the most"
        return self._error

    def look(self, host: frozenset[bytes], *, is_busy: bool = False) -> list[PortTick]:
        """Return a tick for each port of each namespace with enough sockets; `host` are the host's addresses.

        With `is_busy` somebody on the host may be named soon: he may be a container. It never raises OSError.
        """
        if time.monotonic() < self._rest_until:
            now = self._clock()
            self._ticks = [tick._replace(when=now, took_s=0.0, is_again=True) for tick in self._ticks]
            return self._ticks
        started_s = time.process_time()
        self._learn_addresses(is_busy=is_busy or bool(self._ticks))
        # the last findings are not needed beside the new ones: they may be large
        self._ticks, self._error, self._left_out = [], "", 0
        self._ticks = self._look_into_each(host)
        is_urgent = any(tick.findings.is_unconfirmed for tick in self._ticks)
        share = CONFIRM_SHARE if is_urgent else CORE_SHARE
        self._rest_until = time.monotonic() + (time.process_time() - started_s) / share
        return self._ticks

    def _learn_addresses(self, *, is_busy: bool) -> None:
        """Ask for the addresses of those too that listen on no watched port: before anybody is named."""
        now = time.monotonic()
        if now - self._addresses_at >= (BUSY_S if is_busy else ADDRESSES_S):
            found = self._question.ask_addresses()
            if found is not None:
                self._known.note(found, now)
                self._addresses_at = now

    def _look_into_each(self, host: frozenset[bytes]) -> list[PortTick]:
        now, seen, ticks = time.monotonic(), set[int](), list[PortTick]()
        for one in self._question.ask():
            seen.add(one.netns)
            self._known.note(one.routed, now)
            ticks += self._look_into(one, host, now)
        self._judges.drop_others(seen, now, is_whole=self._question.is_whole)
        self._known.forget_old(now)
        return ticks

    def _look_into(self, one: Namespace, host: frozenset[bytes], now: float) -> Sequence[PortTick]:
        judges, when = self._judges.find(one.netns, one.name, now), self._clock()
        if judges is None:
            self._left_out += 1
            return ()
        if one.channel is None:
            judges.rest(when)
            return ()
        try:
            return judges.look(one.channel, one.ports, host | self._known.all | one.own, when)
        except OSError as error:
            self.errors += 1
            self._error = f"the sockets in {judges.name} cannot be read: {error}"
            return judges.miss(one.ports, when)
