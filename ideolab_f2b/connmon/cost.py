"""How much of a core connmon may take."""

from __future__ import annotations

#: share of a core: with so many connections that a tick takes more of it, ticks come less often
CORE_SHARE = 0.045
#: the same while somebody is over a limit for the first time: nginx may close what is 10 s old
CONFIRM_SHARE = 0.2
