"""Finds who opens connections, says half a hello, and gives them up before they are old enough. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from ideolab_f2b.connmon.phases.counts import PhaseCounts, SnapshotCounts, count_slots
from ideolab_f2b.connmon.slots.history import NOW_S, SlotHistory
from ideolab_f2b.connmon.slots.usage import Usage

#: slot-seconds of an address for each one that a half hello may take: a NAT always loses a few
HELD_PER_HELLO = 8


def find_churn(
    seen: SnapshotCounts, history: SlotHistory, when: float, limit: int, is_exempt: Callable[[bytes], bool]
) -> Iterator[tuple[bytes, str]]:
    """Yield (address, reason) of those whose half hellos took as many slots for a minute as `limit` is.

    Each of them may be young: it is the slot time that counts. `when` is in seconds.
    """
    for address, count in Counter(seen.unanswered_hellos).items():
        answers = history.known.sum_up(address, when).answers
        usage = history.now.sum_up(address, when)._replace(answers=answers)
        if usage.hello_s >= limit * NOW_S and _is_unserved(usage) and not is_exempt(address):
            yield address, _describe(count, seen.phases[address], usage)


def _is_unserved(usage: Usage) -> bool:
    return usage.hello_s * HELD_PER_HELLO >= usage.held_s and usage.hello_s >= usage.answered_s


def _describe(count: int, counts: PhaseCounts, usage: Usage) -> str:
    return (
        f"{count} of {count_slots(counts)} connections sent only part of a TLS hello; in the last minute "
        f"{usage.hello_s / NOW_S:.0f} such on average; it got {usage.answers:.0f} answers in ten minutes"
    )
