"""The networks of AS numbers as one jail bans them: by the table of this host, and never above the cap."""

from __future__ import annotations

import functools
import logging
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Callable, Optional

from ideolab_f2b import config
from ideolab_f2b.actions.ban.asn.announced import Announced
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.asn.table import DEFAULT_PATH, AsnTable
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.ipset.element import Key, key_of
from ideolab_f2b.notation import as_number

#: seconds until the same trouble with the table is told again
SAY_AGAIN_S = 600.0
_log = logging.getLogger("fail2ban.ideolab-ban")
#: what tells one file from another that was renamed over it
_Stamp = tuple[int, int, int]


class AsPrefixes:
    """What the bans of one jail hold; a table that was built anew counts from the next question on."""

    def __init__(
        self, options: Callable[[], Options], open_table: Callable[[Path], AsnTable] = AsnTable
    ) -> None:
        self._options, self._open = options, open_table
        self._lock = threading.Lock()
        self._complaint = Complaint(functools.partial(_log.error, "%s"), SAY_AGAIN_S)
        #: {number: (the file that said so, what it announces)}
        self._found: dict[int, tuple[_Stamp, Announced]] = {}
        #: {number: all networks that it had since this server banned it}
        self._held: dict[int, set[Key]] = {}

    def read(self, number: int) -> Announced:
        """Return what the table says now; AsnTableError where there is none, or the AS is not in it."""
        with self._open(self._path()) as table:
            keys = tuple(map(key_of, table.prefixes(number)))
            addresses4, networks6 = table.count_addresses(number)
        if not keys:
            raise AsnTableError(
                f"{as_number.text(number)} announces nothing in {self._path()}; a newer table may know it: "
                "ideolab-f2b asn build"
            )
        return Announced(keys, addresses4, networks6)

    def explain_excess(self, number: int, found: Announced) -> Optional[str]:
        """Return why so many addresses are not banned; None when they are within the cap."""
        most4, most6 = self._cap()
        if found.addresses4 <= most4 and found.networks6 <= most6:
            return None
        return (
            f"{as_number.text(number)} has {found}: above the cap of {most4:,} IPv4 addresses and "
            f"{most6:,} /64 ([asn] cap and cap6 of f2b.conf); root may use --force"
        )

    def find(self, number: int, *, is_forced: bool = False) -> Sequence[Key]:
        """Return the networks of a ban: what the AS announces now, or did before the table broke.

        AsnTableError where that was never known, RefusedError where it was never within the cap.
        """
        with self._lock:
            known, stamp = self._found.get(number), self._stamp()
            if known is None or known[0] != stamp:
                known = self._renew(number, stamp, known, is_forced)
            return known[1].keys

    def take_networks(self, number: int) -> set[Key]:
        """Return all networks that the ban ever had here, and forget them: it has ended."""
        with self._lock:
            self._found.pop(number, None)
            return self._held.pop(number, set())

    def _renew(
        self,
        number: int,
        stamp: Optional[_Stamp],
        known: Optional[tuple[_Stamp, Announced]],
        is_forced: bool,
    ) -> tuple[_Stamp, Announced]:
        try:
            found = self.read(number)
            excess = None if is_forced else self.explain_excess(number, found)
            if excess:
                raise RefusedError(excess)
        except (AsnTableError, RefusedError) as error:
            if known is None:
                raise
            # what was banned stays so: a table that is gone must not end a ban, nor a new one widen it
            self._complaint.say(f"{as_number.text(number)} is banned as before: {error}", str(number))
            if stamp is not None:
                self._found[number] = stamp, known[1]
            return known
        self._complaint.settle(str(number))
        self._held.setdefault(number, set()).update(found.keys)
        self._found[number] = stamp or (0, 0, 0), found
        return self._found[number]

    def _path(self) -> Path:
        return self._options().state / DEFAULT_PATH.name

    def _stamp(self) -> Optional[_Stamp]:
        try:
            status = os.stat(self._path())
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size

    def _cap(self) -> tuple[int, int]:
        given = self._options().cap
        if given is not None:
            return given
        try:
            asn = config.load().asn
        except config.ConfigError as error:
            # no refusal: a typing error must not end a ban that comes back
            raise AsnTableError(f"the cap is not known: {error}") from error
        return asn.cap, asn.cap6
