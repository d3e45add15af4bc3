"""Groups the crowd of a full server, every few seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Optional

from ideolab_f2b.connmon.alike.client import Group, SlotClient
from ideolab_f2b.connmon.alike.group import find_groups
from ideolab_f2b.connmon.alike.keys import Details, read_keys

#: seconds between two readings
EVERY_S = 3.0


class AlikeFinder:
    """Reads keys and autonomous systems of one port's clients, and says who belongs together."""

    def __init__(
        self, port: int, details: Details, systems: Callable[[Iterable[bytes]], dict[bytes, str]]
    ) -> None:
        self._port, self._details, self._systems = port, details, systems
        self._when = float("-inf")

    def find(self, crowd: Callable[[], Sequence[SlotClient]], when: float) -> Optional[dict[bytes, Group]]:
        """Return {address: its group}; None where it is too early to read again.

        OSError when the kernel does not answer.
        """
        # a clock that was set back must not stop it
        if abs(when - self._when) < EVERY_S:
            return None
        self._when = when
        clients = crowd()
        keys = read_keys(self._port, self._details)
        ordered = sorted(clients, key=lambda one: not one.faults)
        return find_groups(clients, keys, self._systems(one.address for one in ordered))
