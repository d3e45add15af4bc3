"""The admin at a million requests on PostgreSQL: list, search, stats, and Django's own list beside them.

python3 -m tests.bench.django_admin [ROWS]
python3 -m tests.bench.django_admin export postgresql|sqlite [ROWS]
"""

from __future__ import annotations

import functools
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

REPEATS = 7
BASE = "/admin/ideolab_accesslog/accesslog/"
FILL = """
INSERT INTO ideolab_accesslog_accesslog (ts, ip, forwarded_for, session_key, method, host, path, query_string,
    referer, user_agent, accept_language, status_code, response_bytes, duration_ms, view_name)
SELECT now() - n * interval '1 second',
    ('198.' || 18 + n %% 2 || '.' || n / 250 %% 250 || '.' || n %% 250)::inet, '', '', 'GET', 'example.com',
    '/articles/' || n %% 5000 || '/', '',
    CASE WHEN n %% 4 = 0 THEN 'https://search.example/?q=' || n %% 800 ELSE '' END,
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/' || n %% 60 || '.0 Safari/537.36', 'en',
    CASE WHEN n %% 50 = 0 THEN 500 ELSE 200 END, 5000, 10 + n %% 90, 'article' FROM generate_series(1, %s) n
"""


def main(rows: int) -> int:
    os.environ.update(_server().environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.accesslog.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute(FILL, [rows])
        cursor.execute("VACUUM ANALYZE ideolab_accesslog_accesslog")
    print(f"{rows} requests, PostgreSQL; median of {REPEATS}, ms: answer, its queries")
    _report(_client())
    return 0


def _server() -> Any:
    import atexit

    from tests.lab.postgres import Postgres

    server = Postgres()
    atexit.register(server.remove)
    return server


def _client() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    return client


def _report(client: Any) -> None:
    stats = "/admin/ideolab_accesslog/traship/stats/?days=90"
    for name, url in (
        ("list", BASE),
        ("list, filtered", f"{BASE}?period=24h&status=5xx"),
        ("search of an address", f"{BASE}?q=198.18.7.8"),
        ("search of a network", f"{BASE}?q=198.18.7.0/24"),
        ("search of a word", f"{BASE}?q=articles/77"),
        ("last page", f"{BASE}?p=200"),
        ("stats", stats),
        ("traffic, 7 days", "/admin/ideolab_accesslog/traship/traffic/?days=7"),
        ("traffic, 90 days", "/admin/ideolab_accesslog/traship/traffic/?days=90"),
        ("address", "/admin/ideolab_accesslog/traship/address/198.18.7.8/"),
        ("address, last page", "/admin/ideolab_accesslog/traship/address/198.18.7.8/?page=10"),
    ):
        _line(name, functools.partial(client.get, url))
    _line("Django's own list", _plain(client))


def _line(name: str, call: Callable[[], Any]) -> None:
    whole, queries = _median(call)
    print(f"  {name:24} {whole:8.1f} {queries:8.1f}")


def _plain(client: Any) -> Callable[[], Any]:
    """The list as it would be without our paginator."""
    from django.contrib import admin
    from django.core.paginator import Paginator

    from ideolab_accesslog.models import AccessLog

    def get() -> Any:
        ours = admin.site.get_model_admin(AccessLog)
        ours.paginator, ours.show_full_result_count = Paginator, True
        try:
            return client.get(BASE)
        finally:
            del ours.paginator, ours.show_full_result_count

    return get


def _median(call: Callable[[], Any]) -> tuple[float, float]:
    """(ms of the whole answer, ms of its queries)."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times, queries = [], []
    for _ in range(REPEATS):
        with CaptureQueriesContext(connection) as captured:
            started = time.perf_counter()
            answer = call()
            times.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200
        queries.append(sum(float(query["time"]) for query in captured) * 1000)
    return statistics.median(times), statistics.median(queries)


def export(vendor: str, rows: int) -> int:
    """All requests as one CSV file, in the order of the list and in one that no index has."""
    directory = tempfile.TemporaryDirectory()
    if vendor == "sqlite":
        os.environ["DJANGO_DB_NAME"] = f"{directory.name}/bench.sqlite3"
    else:
        os.environ.update(_server().environment())
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.accesslog.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    _fill_small(rows)
    with connection.cursor() as cursor:
        # as a database that has run for a day
        cursor.execute("ANALYZE")
    client = _client()
    chosen = {"action": "export_csv", "select_across": "1", "_selected_action": ["1"]}
    print(f"{rows} requests, {vendor}; s to the first and the last byte, s of CPU, MB, MB of memory more")
    for name, url in (
        ("the list", BASE),
        ("by path, no index", f"{BASE}?o=3"),
        ("?status=5xx", f"{BASE}?status=5xx"),
    ):
        before, started, cpu = _memory_mb(), time.perf_counter(), time.process_time()
        parts = client.post(url, chosen).streaming_content
        size, first = len(next(parts)), time.perf_counter() - started
        size += sum(map(len, parts))
        ended = time.perf_counter() - started
        cpu, more = time.process_time() - cpu, _memory_mb() - before
        print(f"  {name:24} {first:7.3f} {ended:8.1f} {cpu:8.1f} {size / 1e6:8.1f} {more:8.1f}")
    return 0


def _fill_small(rows: int) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from ideolab_accesslog.models import AccessLog

    now, agent = (
        timezone.now(),
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36",
    )
    for start in range(0, rows, 10_000):
        AccessLog.objects.bulk_create(
            AccessLog(
                ts=now - timedelta(seconds=number // 3), ip=f"198.18.{number // 250 % 250}.{number % 250}",
                method="GET", path=f"/articles/{number % 5000}/", user_agent=agent, accept_language="en",
                status_code=500 if number % 50 == 0 else 200, duration_ms=number % 90, view_name="article",
            )
            for number in range(start, start + 10_000)
        )  # fmt: skip


def _memory_mb() -> float:
    """The most that the process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["export"]:
        sys.exit(export(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1_000_000))
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
