"""port_judge: one look at one port; what is more than a snapshot may fail."""

from __future__ import annotations

import errno
from collections.abc import Collection, Iterable

import pytest

from ideolab_f2b.config import Connmon, Network
from ideolab_f2b.connmon.alike.systems import know_nothing
from ideolab_f2b.connmon.port_judge import PortJudge
from ideolab_f2b.connmon.pressure.state import measure_nothing
from ideolab_f2b.kernel.sockets.detail import Detail
from ideolab_f2b.kernel.sockets.row import Row
from tests.connmon.containers.places import Place

ADDRESS = b"\xc6\x33\x64\x0a"


class Port:
    """A port with forty silent connections; the kernel tells no details."""

    def __init__(self) -> None:
        self.place = Place(7, "lxc:c1", 40)
        self.judge = PortJudge(
            8443,
            Connmon(),
            rows=self.rows,
            details=self.refuse,
            systems=know_nothing,
            measure=measure_nothing,
        )

    def rows(self, port: int) -> Iterable[Row]:
        """Those of the place."""
        return self.place.rows(port)

    def refuse(self, _port: int, _networks: Collection[Network]) -> Iterable[Detail]:
        """Say that they cannot be read."""
        raise OSError(errno.ETIMEDOUT, "the kernel did not answer")

    def find(self) -> list[str]:
        """The suspects of two looks."""
        ticks = [self.judge.look(when) for when in (100.0, 105.0)]
        assert [(tick.when, tick.port, tick.namespace) for tick in ticks] == [
            (100.0, 8443, ""),
            (105.0, 8443, ""),
        ]
        return [one.address for one in ticks[1].findings.suspects]


def test_suspects_without_details() -> None:
    """Network keys are no reason to name nobody."""
    assert Port().find() == ["198.51.100.10"]


def test_whom_nobody_scores() -> None:
    """The own addresses, as they are now."""
    port = Port()
    port.judge.tell_own(frozenset([ADDRESS]))
    assert port.find() == []

    port.judge.tell_own(frozenset())
    assert port.find() == ["198.51.100.10"]


def test_rows_that_cannot_be_read() -> None:
    """The caller knows whose they are."""
    port = Port()
    port.place.error = OSError(errno.EINVAL, "Invalid argument")

    with pytest.raises(OSError, match="Invalid argument"):
        port.judge.look(100.0)


def test_a_rest_forgets_the_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, and without a look: a flood that is over leaves nothing in memory."""
    port = Port()
    port.find()
    memory = port.judge._detector._memory
    for _turn in range(2):
        port.judge.rest(110.0)

    assert (port.place.dumps, port.judge._detector._memory != memory) == (2, True)
    monkeypatch.setattr(port.judge, "_detector", None)
    port.judge.rest(115.0)
