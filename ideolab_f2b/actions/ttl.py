"""How long: the time a log line asks for, and the time that is left to a kernel element. Pure."""

from __future__ import annotations

import math

from ideolab_f2b.kernel.ipset.element import MAX_TIMEOUT_S

PERMANENT = -1
#: stands in for a time that says nothing: the shortest of the administrator's buttons
FALLBACK_S = 86400
#: fail2ban formats the end of a ban as a date, and sqlite stores it in 64 bits
LONGEST_S = 10 * 365 * 86400


def ban_time(text: str, ceiling_s: int) -> tuple[int, str]:
    """(seconds or -1 for permanent, complaint or ""), at most `ceiling_s`, the jail's longest (-1: none)."""
    seconds, complaint = _read(text.strip())
    # a jail may have a longer bantime, which is none that a line can ask for
    ceiling_s = min(ceiling_s, LONGEST_S)
    if ceiling_s != PERMANENT and (seconds == PERMANENT or seconds > ceiling_s):
        return ceiling_s, f"ttl={text!r} is above the longest ban of the jail; {ceiling_s} s are used"
    return seconds, complaint


def _read(text: str) -> tuple[int, str]:
    if text in ("permanent", "-1"):
        return PERMANENT, ""
    if text.isascii() and text.isdecimal() and text.strip("0"):
        if len(text.lstrip("0")) <= 12 and int(text) <= LONGEST_S:
            return int(text), ""
        return LONGEST_S, f"ttl={text[:40]!r} is above ten years; {LONGEST_S} s are used"
    return FALLBACK_S, f"ttl={text[:40]!r} is no time; {FALLBACK_S} s are used"


def timeout(banned_at: float, bantime: float, now: float) -> int:
    """The timeout of the element: seconds left, rounded up; 0 (stays) for a permanent ban.

    0 also for a ban longer than the kernel can count (24.8 days): a shortened one would let the address back
    in while fail2ban still calls it banned. fail2ban's own unban ends it.
    """
    left = banned_at + bantime - now
    if bantime < 0 or left > MAX_TIMEOUT_S:
        return 0
    return max(1, math.ceil(left))
