"""Made-up connections for tests: one row with what matters, and crowds that live and age like real ones."""

from __future__ import annotations

import ipaddress
import itertools
import math
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.pressure.evidence import FULL
from ideolab_f2b.connmon.pressure.gauge import PressureGauge
from ideolab_f2b.connmon.pressure.state import Pressure, SlotUse
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


def half_hello(address: str, **fields: Any) -> Connection:
    """A connection that sent the first bytes of a TLS hello, and got nothing."""
    return connection(address, **{"received": 300, "data_segs_in": 1, **fields})


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


class FullGauge:
    """The real gauge of a server of `capacity` slots; nginx complains when none is left."""

    def __init__(self, capacity: int) -> None:
        self._slots, self._capacity = 0, capacity
        self._gauge = PressureGauge(
            443,
            Connmon(capacity=capacity),
            listeners=lambda _port: (),
            alert=self._alert_age_s,
            aborts=lambda: 0,
            upstreams=lambda _port: 0,
            in_use=lambda: capacity,
            probe=lambda _listener, _port: None,
        )

    def measure(self, use: SlotUse, when: float) -> Pressure:
        """Return how full the server is."""
        self._slots = use.slots
        return self._gauge.measure(use, when)

    def _alert_age_s(self) -> float | None:
        return 0.0 if self._slots >= FULL * self._capacity else None


def named(
    crowd: Crowd, capacity: int = 512, *, step_s: float = 1.0, until_s: float = 60.0, is_banned: bool = True
) -> dict[str, float]:
    """{address or network: when it first was a suspect}; who is one has no connections from then on."""
    detector, found = Detector(Connmon(), measure=FullGauge(capacity).measure), dict[str, float]()
    banned: set[bytes] = set()
    for at in every(step_s, until_s):
        rows = [row for row in crowd(at) if not (is_banned and _is_of(row, banned))]
        for suspect in detector.judge(Snapshot(1000.0 + at, 443, rows)).suspects:
            if suspect.address not in found:
                found[suspect.address] = at
                banned.add(_prefix_of(suspect.address))
    return found


def _is_of(row: Connection, banned: set[bytes]) -> bool:
    peer = row.peer if row.family == 10 else row.peer[:4]
    return any(peer[:size] in banned for size in range(3, 1 + len(peer)))


def _prefix_of(text: str) -> bytes:
    network = ipaddress.ip_network(text)
    return network.network_address.packed[: network.prefixlen // 8]


def program(
    addresses: Sequence[str],
    each: int,
    make: Callable[..., Connection],
    *,
    start_s: float = 10.0,
    ramp_s: float = 2.0,
    life_s: float = math.inf,
) -> Crowd:
    """A program that opens `each` connections of each address in turn, and each anew after `life_s`.

    `make` makes the row of one from its address, age and cookie.
    """
    total = each * len(addresses)

    def crowd(at: float) -> Iterator[Connection]:
        for number in range(total):
            age_s = at - start_s - ramp_s * number / total
            if age_s >= 0:
                life, age_s = divmod(age_s, life_s)
                address = addresses[number % len(addresses)]
                yield make(address, age_s, ("program", addresses[0], number, life))

    return crowd


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
