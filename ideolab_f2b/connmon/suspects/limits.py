"""Which thresholds hold for an address: others while the server has room than when it has none."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.phases.counts import PhaseCounts, count_slots
from ideolab_f2b.connmon.phases.phase import HANDSHAKE_ONLY, HOSTILE, MUTE, PARTIAL_HELLO
from ideolab_f2b.connmon.pressure.state import BUSY, CALM, EXHAUSTED
from ideolab_f2b.connmon.slots.finder import SlotFinder


def calm_settings(settings: Connmon) -> Connmon:
    """Return the settings of a server with room, which takes no offence at moderate numbers."""
    return replace(settings, th_hostile_ip=max(settings.th_calm_ip, settings.th_hostile_ip))


def lowest_limit(settings: Connmon) -> int:
    """Return the number of connections below which nobody can be a suspect."""
    return min(
        settings.th_hostile_ip, settings.th_conn_ip, settings.th_hostile_subnet, settings.th_conn_subnet24
    )


@dataclass(frozen=True)
class AddressLimits:
    """The thresholds of one snapshot; `calm` are calm_settings, made once."""

    full: Connmon
    calm: Connmon
    #: of the server's pressure
    state: str
    slots: SlotFinder
    #: slots that make somebody small in a full server
    small: float = 0.0

    def choose(self, address: bytes, counts: PhaseCounts) -> Connmon:
        """Return the settings for an address with these counts."""
        return self.calm if self._is_calm(address, counts) else self.full

    def spares(self, address: bytes, counts: PhaseCounts) -> bool:
        """Return whether an address may be as quiet as it is: it was answered, and there is room for it."""
        return self._is_calm(address, counts) and self.slots.is_answered(address, counts)

    def _is_calm(self, address: bytes, counts: PhaseCounts) -> bool:
        """Return whether moderate numbers mean nothing; half hellos have one limit in any state."""
        if counts[PARTIAL_HELLO] >= self.full.th_hostile_ip:
            return False
        if self.state == EXHAUSTED:
            return self.slots.held_before(address, counts) or self._may_nginx_close(counts)
        return self.state in (CALM, BUSY)

    def _may_nginx_close(self, counts: PhaseCounts) -> bool:
        """Return whether an address with few slots is quiet in phases that a full nginx ends by itself."""
        lasting = sum(counts[:HOSTILE]) - counts[MUTE] - counts[HANDSHAKE_ONLY]
        return lasting < self.full.th_hostile_ip and count_slots(counts) < self.small
