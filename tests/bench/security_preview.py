"""How long a preview counts the site's visitors: `python tests/bench/security_preview.py [ROWS [sqlite]]`.

A real PostgreSQL of its own, or SQLite in a file. A tenth of the requests come from one /24, every fiftieth
from a user. Prints the milliseconds for each target: the median and the worst of seven counts. Then what a
request costs that asks whether its address is banned: with addresses alone, and with a thousand networks.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.lab.postgres import Postgres

ROUNDS = 7
#: rows of one statement
BATCH = 5000
TARGETS = {
    "address": ["10.1.0.7"],
    "/24 with few": ["10.1.0.0/24"],
    "/24 with a tenth": ["198.51.100.0/24"],
    "/16": ["10.1.0.0/16"],
    "IPv6 /48": ["2001:db8::/48"],
    "AS of 500 networks": [f"10.{number >> 8}.{number & 255}.0/24" for number in range(500)],
}


def make_rows(count: int) -> Iterator[Any]:
    """Requests of ten days; three quarters of them count."""
    from django.utils import timezone

    from ideolab_accesslog.models import AccessLog

    now = timezone.now()
    for number in range(count):
        client = number % 200_000
        ip = f"10.{client >> 16}.{client >> 8 & 255}.{client & 255}"
        if number % 10 == 0:
            ip = f"198.51.100.{number // 10 % 256}"
        elif number % 10 == 1:
            ip = f"2001:db8:0:{client & 0xFFFF:x}::7"
        yield AccessLog(
            ts=now - timedelta(seconds=number % 864_000),
            ip=ip,
            user_id=number % 900 if number % 50 == 0 else None,
            method="GET",
            path="/",
            status_code=200,
        )


def measure(networks: list[str]) -> tuple[float, float, Any]:
    """(median ms, worst ms, the hits)."""
    from ideolab_accesslog.admin.security import hits

    wanted = tuple(map(ip_network, networks))
    spent = []
    for _turn in range(ROUNDS):
        before = time.perf_counter()
        found = hits.count(wanted)
        spent.append((time.perf_counter() - before) * 1000)
    return statistics.median(spent), max(spent), found


def run(vendor: str, count: int) -> None:
    """Fill the database of DJANGO_SETTINGS_MODULE, and measure."""
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    from ideolab_accesslog.models import AccessLog

    rows = make_rows(count)
    while batch := list(islice(rows, BATCH)):
        AccessLog.objects.bulk_create(batch)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    for name, networks in TARGETS.items():
        median, worst, found = measure(networks)
        print(f"{vendor}, {count} requests, {name}: {median:.0f} ms, worst {worst:.0f}: {found}")
    measure_requests()
    connection.close()


def measure_requests() -> None:
    """Print the microseconds of the question that each request asks."""
    from ideolab_accesslog.traship import banned

    banned.current = frozenset(f"203.0.{n >> 8}.{n & 255}" for n in range(50_000))
    clients = {"IPv4": "198.51.100.7", "IPv6": "2001:db8:0:7::9"}
    networks = [ip_network(f"100.{n >> 8}.{n & 255}.0/24") for n in range(1000)]
    for name, wide in (("no networks", {}), ("1,000 networks", banned._sort_by_prefix(networks))):
        banned.wide = wide
        for family, ip in clients.items():
            asked = "ip in b.current or ((b.wide or ':' in ip) and b.holds(ip))"
            taken = timeit.repeat(asked, globals={"ip": ip, "b": banned}, number=100_000, repeat=5)
            print(f"request, {name} banned, {family}: {min(taken) * 10:.2f} us")


def main() -> None:
    """Measure on one database."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.accesslog.settings"
    with tempfile.TemporaryDirectory() as state:
        os.environ["ACCESSLOG_TEST_STATE"] = state
        if sys.argv[2:] == ["sqlite"]:
            os.environ["DJANGO_DB_NAME"] = f"{state}/db.sqlite3"
            run("sqlite", count)
            return
        server = Postgres()
        try:
            os.environ.update(server.environment())
            run("postgresql", count)
        finally:
            server.remove()


if __name__ == "__main__":
    main()
