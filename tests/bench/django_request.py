"""What the middleware adds to a request, beside the same site without it and beside other packages.

Run `python3 tests/bench/django_request.py [--python VENV/bin/python]`; a minute, with PostgreSQL. Peers that
the Python can import (drf-api-logger, django-request, django-easy-audit) are measured too. Every variant is a
process of its own; blocks of requests go to them in turns, in random order. Exit 1: over a limit.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from tests.lab.postgres import Postgres  # noqa: E402

WORKER = Path(__file__).with_name("django_worker.py")
MODULES = {"drf-api-logger": "drf_api_logger", "django-request": "request", "easy-audit": "easyaudit"}
OWN = ("own", "own-spool")


class Limit(NamedTuple):
    #: microseconds above bare, median of the blocks' differences; None = no limit
    added_us: float | None
    #: times bare, best block against best block
    ratio: float | None


LIMITS = {
    "200": Limit(10, 1.10),
    "visitor": Limit(15, 1.15),
    "404": Limit(40, None),
    "sensitive": Limit(None, 0.6),
    "banned": Limit(None, 0.6),
    "asgi": Limit(500, None),
}


class Variant:
    """One process; `block` makes so many requests and gives their median in microseconds."""

    def __init__(self, name: str, scenario: str, python: str, postgres: Postgres) -> None:
        database = f"bench_{name}_{scenario}".replace("-", "_")
        postgres.run("createdb", "-h", str(postgres.directory), "-U", "postgres", database)
        self.name = name
        self.medians: list[float] = []
        self.status = ""
        self._process = subprocess.Popen(
            [python, str(WORKER), scenario],
            env={**os.environ, **postgres.environment(database), **state(postgres, name)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def wait(self) -> None:
        if self._read() != "ready\n":
            raise SystemExit(f"{self.name} does not run")

    def block(self, requests: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{requests}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._read())
        self.medians.append(statistics.median(answer["times"]) * 1e6)
        self.status = answer["status"]

    def end(self) -> None:
        self._process.communicate()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


def state(postgres: Postgres, name: str) -> dict[str, str]:
    directory = postgres.directory / f"state-{name}"
    directory.mkdir(exist_ok=True)
    return {"BENCH_VARIANT": name, "ACCESSLOG_TEST_STATE": str(directory)}


def measure(scenario: str, names: list[str], args: Any, postgres: Postgres) -> list[Variant]:
    variants = [Variant(name, scenario, args.python, postgres) for name in names]
    for variant in variants:
        variant.wait()
    for _ in range(args.blocks):
        for variant in random.sample(variants, len(variants)):
            variant.block(args.requests)
    for variant in variants:
        variant.end()
    return variants


def report(scenario: str, variants: list[Variant]) -> bool:
    """Print a row for each; False: our default is over its limit."""
    bare = variants[0]
    is_within = True
    for variant in variants:
        added = statistics.median(a - b for a, b in zip(variant.medians, bare.medians))
        ratio = min(variant.medians) / min(bare.medians)
        limit = LIMITS[scenario] if variant.name == "own" else Limit(None, None)
        is_over = limit.added_us is not None and added > limit.added_us
        is_over = is_over or (limit.ratio is not None and ratio > limit.ratio)
        is_within = is_within and not is_over
        median, best = statistics.median(variant.medians), min(variant.medians)
        numbers = f"{median:>9.1f} {added:>+9.1f} {best:>9.1f} {ratio:>7.2f}"
        print(
            f"{scenario:<10} {variant.name:<16} {variant.status:>6} {numbers}{'  OVER' * is_over}", flush=True
        )
    return is_within


def peers(python: str) -> list[str]:
    """The other packages that this Python has."""
    test = "import importlib.util, sys; sys.exit(importlib.util.find_spec(sys.argv[1]) is None)"
    return [
        name
        for name, module in MODULES.items()
        if subprocess.run([python, "-c", test, module]).returncode == 0
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scenarios", nargs="*", default=list(LIMITS), help=f"default: {' '.join(LIMITS)}")
    parser.add_argument("--python", default=sys.executable, help="the Python with Django and the peers")
    parser.add_argument("--blocks", type=int, default=15)
    parser.add_argument("--requests", type=int, default=80, help="in a block")
    args = parser.parse_args()
    postgres = Postgres()
    try:
        print(f"{args.blocks} blocks of {args.requests} requests in turns; load {os.getloadavg()[0]:.1f}")
        print("scenario   variant          status median us      + us   best us  x bare", flush=True)
        are_within = []
        for scenario in args.scenarios:
            names = ["bare", *OWN, *(peers(args.python) if scenario in ("200", "visitor") else [])]
            are_within.append(report(scenario, measure(scenario, names, args, postgres)))
    finally:
        postgres.remove()
    return 0 if all(are_within) else 1


if __name__ == "__main__":
    raise SystemExit(main())
