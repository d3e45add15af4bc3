"""What a saturated site still serves with the app, beside the same site without it and beside other packages.

Run `python3 tests/bench/django_load.py [--python VENV/bin/python]`; it takes a minute and a half, with
gunicorn (one worker, four threads) and PostgreSQL on this machine, and four clients that keep their
connections. The servers take turns. Exit 1: below the limit.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from tests.bench.django_request import peers, state  # noqa: E402
from tests.lab.gunicorn import Served, gunicorn  # noqa: E402
from tests.lab.postgres import Postgres  # noqa: E402

#: of what the bare site serves; each row is in a file before its answer with the spool
LIMITS = {"own": 0.90, "own-spool": 0.85}
CLIENTS = 4
#: a process of its own with one thread: the clients must cost less than the server. An answer counts when it
#: is whole, for gunicorn sends its head and its body in two pieces.
CLIENT = """
import selectors, socket, sys, time
port, seconds, clients = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
request = b"GET /ok/ HTTP/1.1\\r\\nHost: example.com\\r\\nUser-Agent: bench\\r\\n\\r\\n"
selector = selectors.DefaultSelector()
def visit():
    connection = socket.create_connection(("127.0.0.1", port))
    selector.register(connection, selectors.EVENT_READ, bytearray())
    connection.sendall(request)
def is_whole(answer):
    head, end, body = answer.partition(b"\\r\\n\\r\\n")
    length = head.lower().partition(b"content-length: ")[2].partition(b"\\r\\n")[0]
    return bool(end) and len(body) == int(length)
for _ in range(clients): visit()
count, until = 0, time.monotonic() + seconds
while time.monotonic() < until:
    for key, _ in selector.select(1.0):
        connection, answer = key.fileobj, key.data
        piece = connection.recv(65536)
        answer += piece
        if piece and not is_whole(answer):
            continue
        count += answer.startswith(b"HTTP/1.1 200")
        if not piece or b"onnection: close" in answer:
            selector.unregister(connection)
            connection.close()
            visit()
        else:
            answer.clear()
            connection.sendall(request)
print(count)
"""


def make_server(name: str, postgres: Postgres, python: str) -> Served:
    database = f"load_{name}".replace("-", "_")
    postgres.run("createdb", "-h", str(postgres.directory), "-U", "postgres", database)
    environment = {
        **postgres.environment(database),
        **state(postgres, name),
        "DJANGO_SETTINGS_MODULE": "tests.bench.django_settings",
    }
    subprocess.run(
        [python, "-m", "django", "migrate", "--verbosity", "0"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        check=True,
    )
    words = ("--workers", "1", "--worker-class", "gthread", "--threads", "4", "--keep-alive", "30")
    return gunicorn(environment, *words, python=python)


def processor_s(server: Served) -> float:
    """What the server's workers have used; unlike the rate, it hardly depends on who else is busy here."""
    ticks = 0
    for pid in server.workers():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def rate(server: Served, seconds: float) -> float:
    words = [sys.executable, "-c", CLIENT, str(server.port), str(seconds), str(CLIENTS)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return int(done.stdout) / seconds


def measure(
    names: list[str], args: Any, postgres: Postgres
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Of each variant and round: requests a second, and microseconds of the worker's processor a request."""
    servers = {name: make_server(name, postgres, args.python) for name in names}
    rates: dict[str, list[float]] = {name: [] for name in names}
    costs: dict[str, list[float]] = {name: [] for name in names}
    try:
        for server in servers.values():
            server.__enter__()
            rate(server, 1.0)
        for _ in range(args.rounds):
            for name in random.sample(names, len(names)):
                before = processor_s(servers[name])
                rates[name].append(rate(servers[name], args.seconds))
                # its writer's last batch is not the next server's burden
                time.sleep(0.6)
                used_s = processor_s(servers[name]) - before
                costs[name].append(used_s / (rates[name][-1] * args.seconds) * 1e6)
    finally:
        for server in servers.values():
            server.__exit__()
    return rates, costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--python", default=sys.executable, help="the Python with Django, gunicorn and the peers"
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=2.5, help="of each turn")
    args = parser.parse_args()
    postgres = Postgres()
    try:
        print(f"{args.rounds} rounds of {args.seconds} s in turns; load {os.getloadavg()[0]:.1f}", flush=True)
        rates, costs = measure(["bare", "own", "own-spool", *peers(args.python)], args, postgres)
    finally:
        postgres.remove()
    print("variant          requests/s  of bare  processor us")
    shares = {}
    for name, found in rates.items():
        shares[name] = statistics.median(one / bare for one, bare in zip(found, rates["bare"]))
        speed, cost = statistics.median(found), statistics.median(costs[name])
        is_under = shares[name] < LIMITS.get(name, 0.0)
        print(f"{name:<16} {speed:>10.0f} {shares[name]:>8.2f} {cost:>13.0f}{'  UNDER' * is_under}")
    return 0 if all(shares[name] >= limit for name, limit in LIMITS.items()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
