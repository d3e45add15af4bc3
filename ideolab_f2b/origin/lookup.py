"""Looks up origins: in the cache, local files, bulk whois, ipwhois; each is asked for the rest only."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b import config, pace
from ideolab_f2b.origin import cymru, ipwhois_process, mmdb, query
from ideolab_f2b.origin.backoff import SourceBackoff
from ideolab_f2b.origin.bulk import Bulk, Reply
from ideolab_f2b.origin.cache import Cache
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.mmdb import Mmdb
from ideolab_f2b.origin.networks import Networks
from ideolab_f2b.origin.origin import Origin
from ideolab_f2b.origin.results import LookupResults

#: takes addresses and a deadline (time.monotonic()), returns what came; network errors never raise
Ask = Callable[[Collection[Address], float], Reply]
Origins = dict[Address, Origin]
#: share of the time of a look-up that bulk whois has where ipwhois may be asked as well
BULK_SHARE = 0.6


class Lookup:
    """Finds origins. It opens nothing before the first question, so a fork before it is safe.

    One worker thread may resolve while others ask resolve_locally(), counts() and complaints().
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
        self._results = LookupResults()
        self._cache = Cache(cache_path, settings.cache_s, settings.unknown_s, self._results, clock)
        self._files = Mmdb(settings.mmdb, self._results)
        self._ask_bulk = Bulk(settings.cymru_host, settings.cymru_port).ask
        self._ask_single = ask_single
        self._pause = pause
        self._backoff = {
            source: SourceBackoff(settings.retry_s, monotonic)
            for source in (cymru.SOURCE, ipwhois_process.SOURCE)
        }

    def resolve(self, texts: Collection[str], deadline_s: Optional[float] = None) -> dict[str, Origin]:
        """Return an Origin for each address or network; never longer than the deadline, in seconds.

        Errors of the network or of a file never raise.
        """
        deadline = time.monotonic() + (self._settings.deadline_s if deadline_s is None else deadline_s)
        address_of = self._parse(texts)
        known, local = self._find_locally(address_of.values())
        missing = {one for one in _addresses(address_of.values()) if _is_missing(one, known, local)}
        self._ask_servers(missing, known, deadline)
        self._pause()
        return self._complete(address_of, known, local)

    def resolve_locally(self, texts: Collection[str]) -> dict[str, Origin]:
        """Return what resolve() does, from the cache and the local files alone."""
        address_of = self._parse(texts)
        return self._complete(address_of, *self._find_locally(address_of.values()))

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return {(source, result): times} since the start; the words are few and fixed."""
        return self._results.counts()

    def complaints(self) -> list[str]:
        """Return what is missing or broken, each once; the caller logs it."""
        return self._results.complaints()

    def describe_failures(self) -> str:
        """Return why servers left origins unknown, in one line, or ""."""
        return self._results.describe_failures()

    def close(self) -> None:
        """Close the cache and the local files; the next question opens them again."""
        self._cache.close()
        self._files.close()

    def _parse(self, texts: Iterable[str]) -> dict[str, Optional[Address]]:
        address_of = {}
        for piece in pace.pieces(texts, self._pause):
            address_of.update({text: query.parse_address(text) for text in piece})
        return address_of

    def _find_locally(self, addresses: Iterable[Optional[Address]]) -> tuple[Origins, Origins]:
        """Return what the cache knows, and what the local files have."""
        wanted = set(_addresses(addresses))
        known: Origins = {}
        for piece in pace.pieces(wanted, self._pause):
            known.update(self._cache.get(piece))
        self._count("cache", known, "miss", len(wanted) - len(known))
        return known, self._look_in_files(wanted) if self._files.is_used else {}

    def _look_in_files(self, addresses: Iterable[Address]) -> Origins:
        self._files.refresh()
        local: Origins = {}
        for piece in pace.pieces(addresses, self._pause):
            local.update((one, self._files.get(one)) for one in piece)
        hits = _known_count(local)
        self._results.count(mmdb.SOURCE, "hit", hits)
        self._results.count(mmdb.SOURCE, "miss", len(local) - hits)
        return local

    def _ask_servers(self, missing: set[Address], known: Origins, deadline: float) -> None:
        """Ask over the network; what is answered moves from `missing` to `known`."""
        start = time.monotonic()
        # whois may be a black hole: what is left is for the other way
        share = BULK_SHARE if self._settings.ipwhois else 1.0
        if self._settings.cymru_host:
            self._ask_by_bulk(missing, known, start + share * (deadline - start))
        few = _one_of_each_network(missing)[: self._settings.ipwhois] if self._settings.ipwhois else []
        if few:
            self._ask(ipwhois_process.SOURCE, self._ask_single, few, missing, known, deadline)

    def _ask_by_bulk(self, missing: set[Address], known: Origins, deadline: float) -> None:
        # the second round: prefixes that are longer than the /24 or /48 of their first address
        for select in (_one_of_each_network, _all):
            if not missing:
                return
            self._pause()
            if not self._ask(cymru.SOURCE, self._ask_bulk, select(missing), missing, known, deadline):
                return

    def _ask(
        self,
        source: str,
        ask: Ask,
        few: Collection[Address],
        missing: set[Address],
        known: Origins,
        deadline: float,
    ) -> bool:
        """Ask one source; return whether it answered all. A source that fails is not asked for a while."""
        backoff = self._backoff[source]
        if not backoff.is_over:
            self._results.count(source, "backoff", len(few))
            return False
        reply = ask(few, deadline)
        self._count(source, reply.found, "error", len(few) - len(reply.found))
        if reply.error:
            self._results.note_failure(reply.error, source)
        if reply.found:
            backoff.note_answer()
            self._keep(reply.found, missing, known)
        else:
            backoff.note_failure()
        return reply.error is None

    def _keep(self, found: Origins, missing: set[Address], known: Origins) -> None:
        """Put origins into the cache, and into `known` for all missing addresses of their networks."""
        for piece in pace.pieces(found.items(), self._pause, 10 * pace.PIECE):
            self._cache.put(piece)
        networks = Networks(found.items())
        for addresses in pace.pieces(list(missing), self._pause):
            for address in addresses:
                origin = found.get(address) or networks.get(address)
                if origin is not None:
                    known[address] = origin
                    missing.discard(address)

    def _complete(
        self, address_of: Mapping[str, Optional[Address]], known: Origins, local: Origins
    ) -> dict[str, Origin]:
        origins = {}
        for piece in pace.pieces(address_of.items(), self._pause):
            for text, one in piece:
                found = None if one is None else known.get(one)
                origin = Origin(text) if found is None else found.of(text)
                origins[text] = origin if one is None else origin.with_local(local.get(one))
        return origins

    def _count(self, source: str, found: Origins, other: str, others: int) -> None:
        hits = _known_count(found)
        self._results.count(source, "hit", hits)
        self._results.count(source, "negative", len(found) - hits)
        self._results.count(source, other, others)


def _is_missing(address: Address, known: Origins, local: Origins) -> bool:
    """Return whether servers have to be asked for the address."""
    if address in known or not query.is_public(address):
        return False
    # a country file alone does not say whose the address is, an ASN file not where
    here = local.get(address)
    return here is None or here.asn is None or here.country is None


def _addresses(found: Iterable[Optional[Address]]) -> Iterable[Address]:
    return (one for one in found if one is not None)


def _known_count(origins: Origins) -> int:
    return sum(origin.is_known for origin in origins.values())


def _all(missing: Iterable[Address]) -> list[Address]:
    return sorted(missing, key=lambda one: (one.version, int(one)))


def _one_of_each_network(missing: Iterable[Address]) -> list[Address]:
    """Return the first address of each /24 or /48."""
    return list({query.smallest_network_key(one): one for one in reversed(_all(missing))}.values())[::-1]
