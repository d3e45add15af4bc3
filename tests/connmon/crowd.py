"""Made-up connections for tests: one row with what matters, and crowds that live and age like real ones."""

from __future__ import annotations

import ipaddress
import itertools
import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from hypothesis import strategies as st

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.connmon.suspects.detector import Detector
from ideolab_f2b.kernel.sockets.row import ESTABLISHED, TIMER_ON, TIMER_PERSIST, Connection

#: a client of the lab: hello, Finished, what it got for them
HELLO, FINISHED, FLIGHT = 517, 80, 1408
_NUMBERS = itertools.count(1)
_NOTHING = dict.fromkeys(Connection._fields, 0)

Crowd = Callable[[float], Iterable[Connection]]


def connection(address: str = "198.51.100.10", **fields: Any) -> Connection:
    """An accepted connection of `address` that never said anything; `age_s` sets all three clocks."""
    ip = ipaddress.ip_address(address)
    age_ms = int(fields.pop("age_s", 0.0) * 1000)
    ages = dict.fromkeys(("lastsnd_ms", "lastrcv_ms", "lastack_ms"), age_ms)
    given = {
        **_NOTHING,
        "family": 2 if ip.version == 4 else 10,
        "state": ESTABLISHED,
        "peer": ip.packed.ljust(16, b"\0"),
        "cookie": next(_NUMBERS),
        "inode": 4711,
        **ages,
    }
    return Connection(**{**given, **fields})


def served(address: str, requests: int = 1, got: int = 3000, **fields: Any) -> Connection:
    """A connection that asked and was answered."""
    counters = {
        "received": HELLO + FINISHED + 400 * requests,
        "acked": FLIGHT + got * requests,
        "data_segs_in": 2 + requests,
        "data_segs_out": 3 + 3 * requests,
    }
    return connection(address, **{**counters, **fields})


def handshake(address: str, **fields: Any) -> Connection:
    """A connection that finished the TLS handshake and asked for nothing."""
    counters = {"received": HELLO + FINISHED, "acked": FLIGHT, "data_segs_in": 2, "data_segs_out": 3}
    return connection(address, **{**counters, **fields})


def held(address: str, taken: int, frozen_s: float, **fields: Any) -> Connection:
    """A download whose client took `taken` bytes and then let its window close."""
    stuck = {
        "timer": TIMER_PERSIST,
        "wqueue": 22_506,
        "received": 700,
        "acked": taken,
        "data_segs_in": 3,
        "lastack_ms": 500,
        "busy_us": int(frozen_s * 1e6),
        "rwnd_limited_us": int(frozen_s * 1e6),
    }
    return connection(address, age_s=frozen_s, **{**stuck, **fields})


def lost(address: str, taken: int, silent_s: float, **fields: Any) -> Connection:
    """A download whose client is out of reach: we send again and again."""
    unheard = {"timer": TIMER_ON, "retrans": 4, "wqueue": 46_000, "received": 700, "acked": taken}
    return connection(address, age_s=silent_s, **{**unheard, "data_segs_in": 3, **fields})


def every(step_s: float, until_s: float) -> Iterator[float]:
    """The moments at which a daemon ticks."""
    number = 0
    while number * step_s <= until_s:
        yield number * step_s
        number += 1


def suspects(
    crowd: Crowd, settings: Connmon | None = None, step_s: float = 5.0, until_s: float = 120.0
) -> dict[str, float]:
    """{address or network: when it first was a suspect} of a crowd watched for two minutes."""
    detector = Detector(settings or Connmon())
    found: dict[str, float] = {}
    for at in every(step_s, until_s):
        findings = detector.judge(Snapshot(1000.0 + at, 443, list(crowd(at))))
        for suspect in findings.suspects:
            found.setdefault(suspect.address, at)
    return found


def several(*crowds: Crowd) -> Crowd:
    """All of them at once."""
    return lambda at: itertools.chain.from_iterable(crowd(at) for crowd in crowds)


def seeded() -> random.Random:
    """Return a generator of the same random numbers for each run."""
    return random.Random(443)


_NUMBER = st.one_of(st.integers(0, 3), st.integers(0, 20_000), st.integers(0, 2**32))
#: any connection, mostly absurd
ROW = st.builds(
    connection,
    st.just("198.51.100.9"),
    **{
        **dict.fromkeys(["lastsnd_ms", "lastrcv_ms", "acked", "received", "data_segs_in", "wqueue"], _NUMBER),
        "timer": st.sampled_from([0, TIMER_ON, TIMER_PERSIST]),
        "state": st.integers(1, 12),
        "busy_us": _NUMBER,
        "rwnd_limited_us": _NUMBER,
        "rqueue": st.integers(0, 1),
        "inode": st.integers(-1, 1),
    },
)
