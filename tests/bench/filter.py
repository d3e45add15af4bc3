"""What our nginx filters cost beside fail2ban's own nginx-limit-req: run `python3 tests/bench/filter.py`.

Each filter reads its own lines and lines of nobody, by fail2ban's code with everything that it does for a
failure. The rounds are interleaved and the best of each counts, for the machine may be busy. Exit 1: below
the limit.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from fail2ban.server.filter import Filter  # noqa: E402
from fail2ban.tests.dummyjail import DummyJail  # noqa: E402

from tests.nginx.replay import configure, quiet, read  # noqa: E402

LIMIT, LINES, ADDRESSES = 0.8, 2_000, 250
STOCK = Path("/etc/fail2ban")
_REQUEST = 'server: lab.example, request: "GET / HTTP/1.1", host: "lab.example"'
_ERROR = "2026/11/22 15:34:01 [{level}] 27472#27472: *{number} {text}, client: 198.51.100.{host}, {rest}"
_TIMEOUT = "client timed out (110: Connection timed out) while SSL handshaking"
_GARBAGE = (
    "SSL_do_handshake() failed (SSL: error:0A00010B:SSL routines::wrong version number) while SSL handshaking"
)
_JSON = '{"ip":"198.51.100.{host}","time":"2026-11-22T15:34:01+00:00","status":"{status}",{rest}'


class Case(NamedTuple):
    """A filter, and a line that it counts."""

    base: Path
    name: str
    mode: str
    line: str


def error(text: str, level: str = "info", rest: str = "server: 0.0.0.0:443") -> str:
    return _ERROR.replace("{level}", level).replace("{text}", text).replace("{rest}", rest)


def json(status: str, rest: str) -> str:
    return _JSON.replace("{status}", status).replace("{rest}", rest)


BASE = Case(
    STOCK, "nginx-limit-req", "", error('limiting requests, excess: 5.400 by zone "one"', "error", _REQUEST)
)
CASES = (
    Case(REPOSITORY, "nginx-ideolab-slowtls", "normal", error(_TIMEOUT)),
    Case(REPOSITORY, "nginx-ideolab-slowtls", "limit", BASE.line),
    Case(REPOSITORY, "nginx-ideolab-slowtls", "probe", error(_GARBAGE)),
    Case(
        REPOSITORY,
        "nginx-ideolab-stalled",
        "normal",
        json("408", '"rt":60.000,"in":93,"out":0,"up":"",'),
    ),
    Case(
        REPOSITORY,
        "nginx-ideolab-front",
        "",
        json("200", '"sess":10.003,"in":0,"out":0,"pre":"","sni":"","alpn":""'),
    ),
)
#: what every log is full of, and no filter counts
ERROR_OF_NOBODY = error("client closed connection while waiting for request")
JSON_OF_NOBODY = json("200", '"rt":0.003,"in":93,"out":3012,"up":"200",')


def loaded(case: Case) -> Filter:
    made = Filter(DummyJail())
    configure(made, read(case.name, case.mode, case.base))
    made.checkFindTime = False
    made.setUseDns("no")
    made.failManager.setMaxRetry(LINES * 1000)
    return made


def filled(line: str) -> list[str]:
    return [line.replace("{number}", str(n)).replace("{host}", str(n % ADDRESSES)) for n in range(LINES)]


def lines_per_s(made: Filter, lines: Sequence[str]) -> float:
    began = time.process_time()
    for line in lines:
        made.processLineAndAdd(line)
    return len(lines) / (time.process_time() - began)


def main(rounds: int) -> int:
    quiet()
    cases = (BASE, *CASES)
    filters = [loaded(case) for case in cases]
    own = [filled(case.line) for case in cases]
    others = [filled(JSON_OF_NOBODY if case.line.startswith("{") else ERROR_OF_NOBODY) for case in cases]
    best = [[0.0, 0.0] for _case in cases]
    for _ in range(rounds):
        for made, mine, other, found in zip(filters, own, others, best):
            found[0] = max(found[0], lines_per_s(made, mine))
            found[1] = max(found[1], lines_per_s(made, other))
    print(f"{BASE.name}: {best[0][0]:.0f} of its lines a CPU-second, {best[0][1]:.0f} of others")
    is_kept = True
    for case, found in list(zip(cases, best))[1:]:
        ratios = [one / base for one, base in zip(found, best[0])]
        is_kept &= min(ratios) >= LIMIT
        texts = [f"{rate:.0f} ({ratio:.2f})" for rate, ratio in zip(found, ratios)]
        label = f"{case.name} {case.mode}".strip()
        print(f"{label}: {texts[0]} of its lines, {texts[1]} of others (limit {LIMIT:.2f})")
    return 0 if is_kept else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    sys.exit(main(parser.parse_args().rounds))
