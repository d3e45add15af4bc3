"""The phases of a connection: their names, and the numbers by which they are counted."""

from __future__ import annotations

from typing import Final

#: every phase; the index is its code. The first five are hostile, the last three are never scored
PHASES = (
    "mute",
    "partial-hello",
    "handshake-only",
    "trickle",
    "slow-read",
    "idle",
    "active",
    "unaccepted",
    "half-open",
    "closing",
)
MUTE, PARTIAL_HELLO, HANDSHAKE_ONLY, TRICKLE, SLOW_READ, IDLE, ACTIVE, UNACCEPTED, HALF_OPEN, CLOSING_DOWN = (
    range(10)
)
#: the first so many phases are hostile
HOSTILE: Final = 5

#: more codes that one row may have by itself: active now, and hostile if it goes on
YOUNG: Final = 10
#: held open by a client after nginx left
LEFT_STUCK: Final = 11
#: idle, and to be remembered
SILENT: Final = 12
#: from here on the row has to be compared with an earlier snapshot: the client spoke last
UNANSWERED: Final = 13
#: the first request may still be on its way
FRESH: Final = 14
#: the server has bytes that the client's window holds back
STUCK: Final = 15
