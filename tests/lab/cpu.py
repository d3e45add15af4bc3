"""CPU time of a call, comparable between machines: without a tracer, against a fixed piece of work."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import process_time
from typing import Callable

#: CPU seconds that the piece of work takes on the machine whose milliseconds the bounds mean
REFERENCE_S = 0.0011
_ROUNDS = 40_000


@contextmanager
def untraced() -> Iterator[None]:
    """Run without the tracer that coverage sets: it makes Python several times slower."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)


def measure(call: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    with untraced():
        began = process_time()
        call()
        return process_time() - began


def slowness() -> float:
    """Return how many times slower than the reference this machine is at this moment, at least 1."""
    return max(1.0, min(measure(_work) for _ in range(3)) / REFERENCE_S)


def is_over(call: Callable[[], object], bound_s: float, tries: int = 5) -> bool:
    """Return whether a call takes longer than the bound each time; other processes make some slower."""
    for _ in range(tries):
        taken = measure(call)
        if taken <= bound_s or taken <= bound_s * slowness():
            return False
    return True


def _work() -> int:
    total = 0
    for number in range(_ROUNDS):
        total += number % 7
    return total
