"""The security dashboard at a million events on PostgreSQL and SQLite, beside counting the events themselves.

python3 -m tests.bench.django_security [ROWS]
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

REPEATS = 5
#: ms that an answer may take, and each of its queries
ANSWER_MS = 150
QUERY_MS = {"postgresql": 50, "sqlite": 150}
#: {name: seconds in which the events lie}
SPREADS = {"30 days": 30 * 86400, "the last hour": 3600}
DATA = "/admin/ideolab_accesslog/security/data/?period="
DETAIL = "/admin/ideolab_accesslog/security/detail/?of="
LIST = "/admin/ideolab_accesslog/connmonevent/"
#: ms that a list may take
LIST_MS = 1000
#: {what: query of the list of events}; the numbers of ?o= are those of its columns
LISTS = {
    "all": "",
    "page 80": "?p=80",
    "an address": "?q=11.0.3.25",
    "a /24": "?q=11.0.3.0/24",
    "a /16": "?q=11.0.0.0/16",
    "a /8": "?q=11.0.0.0/8",
    "a network of nobody": "?q=198.51.100.0/24",
    "a /64": "?q=2001:db8:8:1::/64",
    "a /32": "?q=2001:db8::/32",
    "an AS": "?q=AS64500",
    "an AS of nobody": "?q=AS65550",
    "a word": "?q=idle",
    "a word of nobody": "?q=nothing-such",
    "type": "?type=unban",
    "jail": "?jail=ideolab-connmon-net",
    "jail of nobody": "?jail=none",
    "country": "?country=FR",
    "country of nobody": "?country=ZZ",
    "AS number": "?asn=64510",
    "last 24 hours": "?period=24h",
    "last 24 hours, country of nobody": "?period=24h&country=ZZ",
    "type, country of nobody": "?type=ban&country=ZZ",
    "AS, jail of nobody": "?asn=64500&jail=none",
    "an AS, the oldest first": "?q=AS64500&o=1",
    "a /8, country of nobody": "?q=11.0.0.0/8&country=ZZ",
    "by type": "?o=2",
    "by address": "?o=3",
    "by AS": "?o=4",
    "by connections": "?o=6",
    "a country by connections": "?country=FR&o=-6",
}
_START = {
    "postgresql": "now() - interval '30 days'",
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-30 days')",
}
#: what a page would ask that has no counts of the import
_NAIVE = (
    "SELECT {key}, count(*) FROM ideolab_accesslog_connmonevent "
    "WHERE type = 'ban' AND ts >= {start} GROUP BY 1"
)
_NAIVE_KEYS = ("asn", "country", "subnet", "jail")


def main(words: list[str]) -> int:
    """Measure each database and spread, each in a process of its own."""
    rows = words[0] if words else "1000000"
    if len(words) == 3:
        return measure(int(rows), words[1], words[2])
    for vendor in QUERY_MS:
        for spread in SPREADS:
            command = [sys.executable, "-m", "tests.bench.django_security", rows, vendor, spread]
            subprocess.run(command, check=True)
    return 0


def measure(rows: int, vendor: str, spread: str) -> int:
    """Fill a new database, and print what each answer costs."""
    _set_up(vendor)
    from django.db import connection

    from tests.accesslog.dashboard.many_rows import fill_events, fill_site

    fill_events(connection, rows, SPREADS[spread])
    fill_site(connection, rows, min(rows, 100_000))
    client = _make_client()
    print(f"{vendor}, {rows:,} events of {spread}; median of {REPEATS}, ms: answer, all queries, the slowest")
    naive_ms = _print_naive(connection)
    for period in ("1h", "24h", "7d", "30d"):
        answer_ms = _print_line(f"data, {period}", functools.partial(client.get, DATA + period), vendor)
        print(f"    the naive queries cost {naive_ms / answer_ms:.1f} times as much")
    for of in ("11.0.3.25", "11.0.3.0/24", "11.0.0.0/16", "2001:db8:8::/48", "AS64500"):
        _print_line(f"detail of {of}", functools.partial(client.get, DETAIL + quote(of)), vendor)
    for name, query in LISTS.items():
        ask = functools.partial(client.get, LIST + query)
        _print_line(f"list of events, {name}", ask, vendor, LIST_MS, LIST_MS)
    return 0


def _set_up(vendor: str) -> None:
    if vendor == "postgresql":
        from tests.lab.postgres import Postgres

        server = Postgres("shared_buffers=256MB")
        atexit.register(server.remove)
        os.environ.update(server.environment())
    else:
        directory = tempfile.mkdtemp(prefix="f2b-bench-")
        atexit.register(shutil.rmtree, directory)
        os.environ.update(DJANGO_DB="sqlite", DJANGO_DB_NAME=str(Path(directory, "site.sqlite3")))
        # one connection to look at
        os.environ["DJANGO_ACCESSLOG_OWN_FILE"] = "false"
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.accesslog.settings"
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def _make_client() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    return client


def _print_naive(connection: Any) -> float:
    """Print what counting the events costs; return the milliseconds of all of it."""
    took = 0.0
    for key in _NAIVE_KEYS:
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(_NAIVE.format(key=key, start=_START[connection.vendor]))
            cursor.fetchall()
        took += (time.perf_counter() - began) * 1000
    print(f"  {'naive: GROUP BY of events':34} {took:8.1f}")
    return took


def _print_line(
    name: str, ask: Callable[[], Any], vendor: str, answer_max: float = ANSWER_MS, query_max: float = 0
) -> float:
    """Print what an answer costs, and whether it is late; return its milliseconds."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from ideolab_accesslog.dashboard.kept import kept

    times, sums, slowest, most = [], [], [], 0
    for _ in range(REPEATS):
        kept.forget()
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            answer = ask()
            times.append((time.perf_counter() - began) * 1000)
        assert answer.status_code == 200, answer.content
        costs = [float(query["time"]) * 1000 for query in captured]
        sums.append(sum(costs))
        slowest.append(max(costs))
        most = len(costs)
    answer_ms, query_ms = statistics.median(times), statistics.median(slowest)
    late = answer_ms > answer_max or query_ms > (query_max or QUERY_MS[vendor])
    mark = "  over the budget" if late else ""
    print(
        f"  {name:48} {answer_ms:8.1f} {statistics.median(sums):8.1f} {query_ms:8.1f} {most:4} queries{mark}"
    )
    if late:
        worst = max(captured.captured_queries, key=lambda query: float(query["time"]))
        print(f"    {worst['sql'][:600]}")
    return answer_ms


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
