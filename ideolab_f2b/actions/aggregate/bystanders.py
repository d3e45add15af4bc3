"""Who else is in a prefix: visitors of the last days, and open connections that get answers.

What is not known counts as somebody: then the prefix is not banned.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from ipaddress import ip_address
from typing import Any, Optional

from ideolab_f2b.actions.aggregate import visitor_child
from ideolab_f2b.actions.aggregate.dense import Dense
from ideolab_f2b.kernel.client_unit import find_span
from ideolab_f2b.kernel.ipset.element import LONGEST, network_of
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.kernel.sockets.peers import dump_condition
from ideolab_f2b.kernel.sockets.row import ACKED, FAMILY, PEER, RECEIVED
from ideolab_f2b.logline import quote

#: seconds for the process that reads the logs: it stops by itself after 20 for each try
LIMIT_S = 60.0
#: seconds of visitors that are known at least; and in which a log that is in use was written
KNOWN_S = 86_400.0
#: bytes that a client has acknowledged: the first stands for the handshake
_NOTHING = 1
#: banned units by IP version
Banned = Mapping[int, Collection[int]]
#: takes the question as JSON, returns the answer as JSON
Run = Callable[[bytes], bytes]


def find_visitors(
    candidates: Sequence[Dense],
    banned: Banned,
    run: Optional[Run] = None,
    now: Callable[[], float] = time.time,
) -> list[Optional[str]]:
    """Return for each prefix why its visitors speak against a ban; None where there are none."""
    try:
        told = json.loads((run or run_child)(_ask(candidates, banned)))
        counts = [int(count) for count in told["visitors"]]
        if len(counts) != len(candidates):
            raise ValueError(f"{len(counts)} answers to {len(candidates)} questions")
        unknown = _find_unknown(told, now())
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError) as error:
        return [f"its visitors are unknown: {error}"] * len(candidates)
    if unknown is not None:
        return [f"its visitors are unknown: {unknown}"] * len(candidates)
    return [f"{count} visitors came from there" if count else None for count in counts]


def _ask(candidates: Sequence[Dense], banned: Banned) -> bytes:
    spans = [(each.key[0], each.first, each.last) for each in candidates]
    inside = {
        version: [
            unit
            for unit in units
            if any(of == version and first <= unit <= last for of, first, last in spans)
        ]
        for version, units in banned.items()
    }
    return json.dumps({"spans": spans, "banned": inside}).encode("ascii")


def _find_unknown(told: Mapping[str, Any], now: float) -> Optional[str]:
    if not told["is_known"] or told["is_partial"]:
        return ", ".join(quote(str(each)) for each in told["troubles"]) or "the logs were read in part"
    if now - float(told["written"]) > KNOWN_S:
        # they stand where nobody logs any more
        return "no access log was written for a day"
    since = told["since"]
    if since is None or now - float(since) < KNOWN_S:
        return "the access logs are younger than a day"
    return None


def run_child(question: bytes) -> bytes:
    """Return what the process prints that reads the logs; an error where it fails or takes too long."""
    environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, "-m", visitor_child.__name__],
        input=question,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd="/",
        start_new_session=True,
        timeout=LIMIT_S,
        check=True,
    )
    return done.stdout


def find_connection(candidate: Dense, banned: Banned, ports: Collection[int]) -> Optional[str]:
    """Return why an open connection speaks against a ban: one that is no banned client's and has answers."""
    version = candidate.key[0]
    condition = dump_condition([network_of(candidate.key)])
    for port in ports:
        for row in sock_diag.rows(port, condition):
            if row[ACKED] <= _NOTHING or not row[RECEIVED]:
                continue
            packed = fold(row[FAMILY], row[PEER])
            key = (4 if len(packed) == 4 else 6), int.from_bytes(packed, "big"), 8 * len(packed)
            # for the kernel a mapped peer lies in ::/64
            if key[0] != version or key[2] != LONGEST[version]:
                continue
            unit = find_span(key)[0]
            if candidate.first <= unit <= candidate.last and unit not in banned[version]:
                return f"{ip_address(packed)} has an open connection that is answered"
    return None
