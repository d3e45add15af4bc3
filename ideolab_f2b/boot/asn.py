"""The networks of bans that are AS numbers, by the table of this host and within the cap of their jail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ideolab_f2b.actions.ban.asn.prefixes import AsPrefixes
from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.protected.refusal import RefusedError
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.boot.database import StoredBan
from ideolab_f2b.config import ConfigError
from ideolab_f2b.kernel.ipset.element import Key
from ideolab_f2b.notation import as_number


class AsNetworks:
    """Reads the table in a directory; `problems` says which bans are missing and why."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._made: dict[str, AsPrefixes] = {}
        self.problems: list[str] = []

    def find(self, jail: JailRecord, ban: StoredBan) -> Sequence[Key]:
        """Return the networks of a ban; none for another word, or where the table does not know them."""
        try:
            number = as_number.parse(ban.identity)
        except ValueError:
            return ()
        try:
            return self._prefixes(jail).find(number, is_forced=ban.is_forced)
        except (AsnTableError, RefusedError, ConfigError) as error:
            text = f"{as_number.text(number)} is not banned before fail2ban starts: {error}"
            if text not in self.problems:
                self.problems.append(text)
            return ()

    def _prefixes(self, jail: JailRecord) -> AsPrefixes:
        if jail.jail not in self._made:
            options = Options(set=jail.set, state=self._directory, cap=jail.cap)
            self._made[jail.jail] = AsPrefixes(lambda: options)
        return self._made[jail.jail]
