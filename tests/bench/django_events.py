"""import_connmon_events beside one save() a line and bulk_create, on PostgreSQL and SQLite.

python3 -m tests.bench.django_events [LINES] [sqlite|postgresql]

On a machine that others use too, the microseconds of CPU a line say more than the lines a second: on two idle
cores an import takes as long as the slower one of the client and PostgreSQL's process.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Any

#: lines a second that the import has to reach on an idle machine of two cores
WANTED = {"postgresql": 30_000, "sqlite": 20_000}
#: lines for the slow ways
FEW = 5_000
_BEGAN = datetime(2026, 11, 1, tzinfo=timezone.utc)


#: /24 networks of the attackers: a botnet comes from the same ones again
NETWORKS = [
    f"{one.randrange(1, 224)}.{one.randrange(256)}.{one.randrange(256)}"
    for one in [random.Random(1)]
    for _ in range(20_000)
]


def make_line(number: int, rng: random.Random) -> str:
    """Return the line of one event, as the report action writes it."""
    network = NETWORKS[rng.randrange(len(NETWORKS))]
    address = f"{network}.{rng.randrange(1, 255)}"
    record = {
        "ts": (_BEGAN + timedelta(seconds=number * 2.5)).isoformat(timespec="milliseconds"),
        **{"type": rng.choice(("suspect", "ban", "ban", "unban")), "ip": address, "subnet": None},
        **{"count": 9, "score": 12, "asn": str(64500 + rng.randrange(2000)), "asname": "EXAMPLE-AS, FR"},
        **{"country": rng.choice(("FR", "DE", "US")), "reason": "40 mute connections"},
        **{"jail": "ideolab-connmon", "bantime": 3600, "until": None, "origin": None},
        "raw": {"origin_source": "mmdb", "failures": 1, "matches": [f"connmon: suspect {address} score=12"]},
        **{"in": None, "id": f"{rng.getrandbits(64):x}-{number}"},
    }
    return json.dumps(record, separators=(",", ":"))


def write_events(path: Path, lines: int) -> None:
    """Write a file of so many events, the same ones each time."""
    rng = random.Random(16)
    with path.open("w") as file:
        for number in range(lines):
            file.write(f"{make_line(number, rng)}\n")


def main(words: list[str]) -> int:
    lines = int(words[0]) if words else 1_000_000
    vendors = words[1:] or list(WANTED)
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "events.jsonl"
        write_events(path, lines)
        for vendor in vendors:
            with _database(vendor, Path(directory)) as environment:
                _run(vendor, path, lines, environment)
    return 0


def _run(vendor: str, path: Path, lines: int, environment: dict[str, str]) -> None:
    words = [sys.executable, "-m", "tests.bench.django_events", "--worker", str(path), str(lines)]
    done = subprocess.run(
        words, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True, check=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    rate = found["import"]
    print(f"{vendor}, {lines} lines, load {os.getloadavg()[0]:.1f}: lines/s, import is so many times as fast")
    for name in ("import", "again, all duplicates", "save()", "bulk_create"):
        print(f"  {name:24} {found[name]:10.0f} {rate / found[name]:8.1f}")
    print(
        f"  CPU a line: client {found['client_us']:.1f} us, server {found['server_us']:.1f} us; "
        f"RSS {found['rss_mb']} MB"
    )
    verdict = "reached" if rate >= WANTED[vendor] else "not reached"
    print(f"  {WANTED[vendor]} lines/s {verdict}; hours count {found['hours']}, days {found['bans']}")


class _database:
    """The environment of a fresh database."""

    def __init__(self, vendor: str, directory: Path) -> None:
        self._vendor = vendor
        self._directory = directory
        self._server: Any = None

    def __enter__(self) -> dict[str, str]:
        if self._vendor == "sqlite":
            return {"DJANGO_DB": "sqlite", "DJANGO_DB_NAME": str(self._directory / "bench.sqlite3")}
        from tests.lab.postgres import Postgres

        self._server = Postgres()
        environment: dict[str, str] = self._server.environment()
        return environment

    def __exit__(self, *_error: object) -> None:
        if self._server is not None:
            self._server.remove()


def work(path: Path, lines: int) -> None:
    """Measure all ways in this process, and print them as JSON."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.accesslog.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db.models import Sum

    from ideolab_accesslog.models import ConnmonEvent, EventDay, EventHour, EventOffset

    call_command("migrate", verbosity=0)
    rejects = str(path.with_name("rejected"))

    def run() -> None:
        call_command("import_connmon_events", file=str(path), reject_file=rejects, stdout=sys.stderr)

    cpu_s, server_s = time.process_time(), _read_server_s()
    found: dict[str, Any] = {"import": lines / _time(run)}
    found["client_us"] = (time.process_time() - cpu_s) / lines * 1e6
    found["server_us"] = (_read_server_s() - server_s) / lines * 1e6
    EventOffset.objects.all().delete()
    found["again, all duplicates"] = lines / _time(run)
    found["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    assert ConnmonEvent.objects.count() == lines
    found["hours"] = EventHour.objects.aggregate(total=Sum("count"))["total"]
    found["bans"] = EventDay.objects.filter(kind="country").aggregate(total=Sum("count"))["total"]
    few = min(FEW, lines)
    found["save()"] = few / _time(lambda: [event.save() for event in _events(path, few, "a")])
    found["bulk_create"] = few / _time(
        lambda: ConnmonEvent.objects.bulk_create(_events(path, few, "b"), ignore_conflicts=True)
    )
    print(json.dumps(found))


def _read_server_s() -> float:
    """Return the seconds of CPU that PostgreSQL's process of this connection has used."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    # behind the name in parentheses: the 12th and 13th number
    numbers = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / os.sysconf("SC_CLK_TCK")


def _events(path: Path, count: int, mark: str) -> Iterator[Any]:
    """Yield the events of the first lines, as a plain importer makes them."""
    from ideolab_accesslog.models import ConnmonEvent

    with path.open() as file:
        for line in islice(file, count):
            record = json.loads(line)
            record["prefix"], record["namespace"] = record.pop("origin"), record.pop("in")
            record["event_id"] = record.pop("id") + mark
            yield ConnmonEvent(**record)


def _time(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        sys.exit(main(sys.argv[1:]))
