"""The one look-up: cache, local files, bulk whois, ipwhois; each for what those before did not know."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b import config, pace
from ideolab_f2b.origin import cymru, ipwhois_process, mmdb, target
from ideolab_f2b.origin.backoff import Backoff
from ideolab_f2b.origin.bulk import Answer, Bulk
from ideolab_f2b.origin.cache import Cache
from ideolab_f2b.origin.counts import Tally
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.mmdb import Mmdb
from ideolab_f2b.origin.networks import Networks
from ideolab_f2b.origin.origin import Origin

#: (addresses, time.monotonic() deadline) -> what came; never raises for what the world does
Ask = Callable[[Collection[Address], float], Answer]
Known = dict[Address, Origin]
#: of the time for a look-up, where ipwhois may be asked as well
BULK_SHARE = 0.6


class Lookup:
    """Whose addresses are. Nothing is opened before the first question, so a fork in between is safe.

    One worker thread may resolve while others ask cached(), counts() and complaints().
    """

    def __init__(
        self,
        settings: config.OriginSettings,
        cache_path: Path,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        ask_single: Ask = ipwhois_process.ask,
        pause: pace.Pause = pace.no_pause,
    ) -> None:
        self._settings = settings
        self._tally = Tally()
        self._cache = Cache(cache_path, settings.cache_s, settings.unknown_s, self._tally, clock)
        self._files = Mmdb(settings.mmdb, self._tally)
        self._ask_bulk = Bulk(settings.cymru_host, settings.cymru_port).ask
        self._ask_single = ask_single
        self._pause = pause
        self._backoff = {
            source: Backoff(settings.retry_s, monotonic) for source in (cymru.SOURCE, ipwhois_process.SOURCE)
        }

    def resolve(self, addresses: Collection[str], deadline_s: Optional[float] = None) -> dict[str, Origin]:
        """An Origin for each; never raises for what the world does, never takes longer than the deadline."""
        deadline = time.monotonic() + (self._settings.deadline_s if deadline_s is None else deadline_s)
        asked = self._parsed(addresses)
        known, local = self._look_here(asked.values())
        missing = {one for one in _some(asked.values()) if self._is_wanted(one, known, local)}
        self._look_there(missing, known, deadline)
        self._pause()
        return self._named(asked, known, local)

    def cached(self, addresses: Collection[str]) -> dict[str, Origin]:
        """As resolve(), from the cache and the local files alone."""
        asked = self._parsed(addresses)
        return self._named(asked, *self._look_here(asked.values()))

    def counts(self) -> Mapping[tuple[str, str], int]:
        """{(source, result): times} since the start; the words are few and fixed."""
        return self._tally.counts()

    def complaints(self) -> list[str]:
        """What is missing or broken, each once; for a log, by the caller."""
        return self._tally.complaints()

    def close(self) -> None:
        self._cache.close()
        self._files.close()

    def _look_here(self, asked: Iterable[Optional[Address]]) -> tuple[Known, Known]:
        wanted = set(_some(asked))
        known: Known = {}
        for piece in pace.pieces(wanted, self._pause):
            known.update(self._cache.get(piece))
        hits = sum(origin.is_known for origin in known.values())
        self._tally.count("cache", "hit", hits)
        self._tally.count("cache", "negative", len(known) - hits)
        self._tally.count("cache", "miss", len(wanted) - len(known))
        return known, self._look_in_files(wanted) if self._files.is_used else {}

    def _look_in_files(self, wanted: Iterable[Address]) -> Known:
        self._files.refresh()
        local: Known = {}
        for piece in pace.pieces(wanted, self._pause):
            local.update((one, self._files.get(one)) for one in piece)
        hits = sum(origin.is_known for origin in local.values())
        self._tally.count(mmdb.SOURCE, "hit", hits)
        self._tally.count(mmdb.SOURCE, "miss", len(local) - hits)
        return local

    def _is_wanted(self, address: Address, known: Known, local: Known) -> bool:
        if address in known or not target.is_public(address):
            return False
        # a country file alone does not say whose the address is, an ASN file not where
        here = local.get(address)
        return here is None or here.asn is None or here.country is None

    def _look_there(self, missing: set[Address], known: Known, deadline: float) -> None:
        start = time.monotonic()
        # whois may be a black hole: what is left is for the other way
        share = BULK_SHARE if self._settings.ipwhois else 1.0
        if self._settings.cymru_host:
            self._ask_by_bulk(missing, known, start + share * (deadline - start))
        few = _one_of_each_grain(missing)[: self._settings.ipwhois] if self._settings.ipwhois else []
        if few:
            self._ask(ipwhois_process.SOURCE, self._ask_single, few, missing, known, deadline)

    def _ask_by_bulk(self, missing: set[Address], known: Known, deadline: float) -> None:
        # the second round: prefixes that are longer than the /24 or /48 of their first address
        for few in (_one_of_each_grain, _all):
            if not missing:
                return
            self._pause()
            is_whole = self._ask(cymru.SOURCE, self._ask_bulk, few(missing), missing, known, deadline)
            if not is_whole:
                return

    def _ask(
        self,
        source: str,
        ask: Ask,
        few: Collection[Address],
        missing: set[Address],
        known: Known,
        deadline: float,
    ) -> bool:
        """Whether all was answered. A source that gives nothing is left alone for a while."""
        backoff = self._backoff[source]
        if not backoff.is_over:
            self._tally.count(source, "backoff", len(few))
            return False
        answer = ask(few, deadline)
        self._count(source, answer, len(few))
        if answer.found:
            backoff.answered()
            for piece in pace.pieces(answer.found.items(), self._pause, 10 * pace.PIECE):
                self._cache.put(piece)
            self._spread(answer.found, missing, known)
        else:
            backoff.failed()
        return answer.trouble is None

    def _spread(self, found: Known, missing: set[Address], known: Known) -> None:
        """Take the answers over, for all missing addresses that they hold good for."""
        networks = Networks(found.items())
        for piece in pace.pieces(list(missing), self._pause):
            for address in piece:
                origin = found.get(address) or networks.get(address)
                if origin is not None:
                    known[address] = origin
                    missing.discard(address)

    def _parsed(self, addresses: Iterable[str]) -> dict[str, Optional[Address]]:
        asked = {}
        for piece in pace.pieces(addresses, self._pause):
            asked.update({text: target.address(text) for text in piece})
        return asked

    def _named(self, asked: Mapping[str, Optional[Address]], known: Known, local: Known) -> dict[str, Origin]:
        named = {}
        for piece in pace.pieces(asked.items(), self._pause):
            for text, one in piece:
                named[text] = Origin(text) if one is None else _answer(text, known.get(one), local.get(one))
        return named

    def _count(self, source: str, answer: Answer, asked: int) -> None:
        hits = sum(origin.is_known for origin in answer.found.values())
        self._tally.count(source, "hit", hits)
        self._tally.count(source, "negative", len(answer.found) - hits)
        self._tally.count(source, "error", asked - len(answer.found))
        if answer.trouble:
            self._tally.complain(f"no origins of {answer.trouble}")


def _some(asked: Iterable[Optional[Address]]) -> Iterable[Address]:
    return (one for one in asked if one is not None)


def _all(missing: Iterable[Address]) -> list[Address]:
    return sorted(missing, key=lambda one: (one.version, int(one)))


def _one_of_each_grain(missing: Iterable[Address]) -> list[Address]:
    return list({target.grain_key(one): one for one in reversed(_all(missing))}.values())[::-1]


def _answer(text: str, known: Optional[Origin], local: Optional[Origin]) -> Origin:
    return (Origin(text) if known is None else known.of(text)).with_local(local)
