"""How long a preview counts the site's visitors: `python tests/bench/security_preview.py [ROWS [sqlite]]`.

A real PostgreSQL of its own, or SQLite in a file. A tenth of the requests come from one /24, every fiftieth
from a user. Prints the milliseconds for each target: the median and the worst of seven counts, beside reading
all requests of the seven days and comparing each. Then what a request costs that asks whether its address is
banned: with addresses alone, and with a thousand networks.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
import timeit
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.lab.postgres import Postgres

ROUNDS = 7
TARGETS = {
    "address": ["10.1.0.7"],
    "/24 with few": ["10.1.0.0/24"],
    "/24 with a tenth": ["198.51.100.0/24"],
    "/16": ["10.1.0.0/16"],
    "IPv6 /48": ["2001:db8::/48"],
    "AS of 500 networks": [f"10.{number >> 8}.{number & 255}.0/24" for number in range(500)],
}


def fill(count: int, is_postgres: bool) -> None:
    """Write requests of ten days by one statement; seven tenths of them count."""
    from django.db import connections

    from ideolab_accesslog import databases

    numbers = "WITH RECURSIVE s(g) AS (SELECT 1 UNION ALL SELECT g + 1 FROM s WHERE g < %s)"
    client = "(g %% 200000)"
    ip = (
        f"CASE WHEN g %% 10 = 0 THEN '198.51.100.' || (g / 10 %% 256) "
        f"WHEN g %% 10 = 1 THEN '2001:db8:0:' || (g %% 10000) || '::7' "
        f"ELSE '10.' || ({client} / 65536) || '.' || ({client} / 256 %% 256) || '.' || ({client} %% 256) END"
    )
    when = "datetime('now', '-' || (g %% 864000) || ' seconds')"
    if is_postgres:
        ip, when = f"({ip})::inet", "now() - g %% 864000 * interval '1 second'"
    empty = ("forwarded_for", "session_key", "host", "query_string", "referer", "user_agent")
    names = ", ".join((*empty, "accept_language", "view_name"))
    with connections[databases.requests()].cursor() as cursor:
        words = (
            f"INSERT INTO ideolab_accesslog_accesslog (ts, ip, user_id, method, path, status_code, {names})",
            f"{numbers} SELECT {when}, {ip}, CASE WHEN g %% 50 = 0 THEN g %% 900 END, 'GET', '/', 200,",
            f"{', '.join(['%s'] * 8)} FROM s",
        )
        cursor.execute(" ".join(words), [count, *[""] * 8])
        cursor.execute("ANALYZE")


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


def measure_naive(networks: list[str]) -> float:
    """Return the milliseconds in which each request of the days is read and compared."""
    from datetime import timedelta

    from django.utils import timezone

    from ideolab_accesslog import databases
    from ideolab_accesslog.admin.security import hits
    from ideolab_accesslog.models import AccessLog

    before = time.perf_counter()
    wanted = list(map(ip_network, networks))
    since = timezone.now() - timedelta(days=hits.DAYS)
    rows = AccessLog.objects.using(databases.requests()).filter(ts__gte=since).order_by()
    seen = rows.values_list("ip", "user_id").iterator()
    inside = [pair for pair in seen if any(ip_address(pair[0]) in one for one in wanted)]
    print(f"naive: {len({address for address, _user in inside})} visitors")
    return (time.perf_counter() - before) * 1000


def run(vendor: str, count: int) -> None:
    """Fill the database of DJANGO_SETTINGS_MODULE, and measure."""
    import django
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    call_command("migrate", verbosity=0)
    fill(count, vendor == "postgresql")
    for name, networks in TARGETS.items():
        median, worst, found = measure(networks)
        print(f"{vendor}, {count} requests, {name}: {median:.0f} ms, worst {worst:.0f}: {found}")
    print(f"{vendor}, naive, a /24: {measure_naive(TARGETS['/24 with few']):.0f} ms")
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
