"""When the offence of a ticket was."""

from __future__ import annotations

from typing import Any

import pytest
from fail2ban.server.ipdns import IPAddr
from fail2ban.server.ticket import FailTicket

from ideolab_f2b.actions.ban.lifted import offence_time
from ideolab_f2b.actions.ban.lifted.offence_time import OffenceTime

#: 2026-11-22T14:52:01+0000
SECOND = 1795359121


def ticket(*lines: str, time: float = SECOND + 50, restored: bool = False, **data: Any) -> FailTicket:
    made = FailTicket(IPAddr("198.51.100.7"), time, matches=list(lines), data=data)
    made.restored = restored
    return made


@pytest.mark.parametrize(
    ("given", "at", "is_exact"),
    [
        (
            ticket("2026-11-22T14:52:00+0000 a", "2026-11-22T15:52:01.250+0100 b"),
            SECOND + 0.25,
            True,
        ),
        (ticket("2026-11-22T14:52:01+0000 manual: ban 198.51.100.7 ttl=60"), SECOND, False),
        (ticket("2026/11/22 14:52:01 [info] client timed out"), SECOND + 50, False),
        (ticket(), SECOND + 50, False),
        (ticket(time=SECOND + 0.7), SECOND + 0.7, True),
        (ticket(time=SECOND + 1, restored=True), SECOND + 0.5, True),
        (ticket("2026-11-22T14:52:01.250+0000 a", restored=True), SECOND + 0.25, True),
        (ticket("2026-11-22T14:52:01.250+0000 a", offence_at=SECOND + 9.5), SECOND + 9.5, True),
        (ticket("2026-11-22T14:52:01.250+0000 a", offence_at="9"), SECOND + 0.25, True),
    ],
)
def test_read(given: FailTicket, at: float, is_exact: bool) -> None:
    """The time by which it was admitted, the date of its last line, or fail2ban's own time."""
    assert offence_time.read(given) == OffenceTime(at, is_exact)


def test_until() -> None:
    """A whole second that has the moment in it can have been before it."""
    assert OffenceTime(100.25, True).is_until(100.25)
    assert not OffenceTime(100.26, True).is_until(100.25)
    assert OffenceTime(100.0, False).is_until(100.0)
    assert OffenceTime(100.0, False).is_until(100.9)
    assert not OffenceTime(101.0, False).is_until(100.9)
