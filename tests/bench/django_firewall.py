"""How long 500 addresses keep the admin's request: `python tests/bench/django_firewall.py [COUNT]`.

A real PostgreSQL of its own; the log transport. Prints the milliseconds of ban(), with rows in TrashIP (as
in the admin) and without: the median and the worst of seven calls, and the processor time of the median.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.lab.postgres import Postgres

ROUNDS = 7


def measure(count: int, has_rows: bool) -> tuple[float, float, float]:
    """(median ms, worst ms, median ms of processor) of one call."""
    from ideolab_accesslog.firewall import calls
    from ideolab_accesslog.models import FirewallActionLog, TrashIP

    spent, worked = [], []
    for turn in range(ROUNDS + 1):
        TrashIP.objects.all().delete()
        FirewallActionLog.objects.all().delete()
        addresses = [f"2001:db8:{turn + 1:x}::{n:x}" for n in range(1, count + 1)]
        if has_rows:
            TrashIP.objects.bulk_create(TrashIP(ip=address) for address in addresses)
        before, cpu = time.perf_counter(), time.process_time()
        outcome = calls.ban(addresses, seconds=86400, actor="bench", reason="bench")
        spent.append((time.perf_counter() - before) * 1000)
        worked.append((time.process_time() - cpu) * 1000)
        if outcome.counts() != {"done": count}:
            raise SystemExit(f"not all banned: {outcome.counts()}")
    # the first call also opens the connection and imports
    return statistics.median(spent[1:]), max(spent[1:]), statistics.median(worked[1:])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    server = Postgres("synchronous_commit=on")
    with tempfile.TemporaryDirectory() as state:
        try:
            os.environ.update(server.environment(), DJANGO_SETTINGS_MODULE="tests.accesslog.settings")
            os.environ["ACCESSLOG_TEST_STATE"] = state
            run(count)
        finally:
            server.remove()


def run(count: int) -> None:
    import django
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    django.setup()
    settings.TRASHIP_FIREWALL_EXECUTE = True
    call_command("migrate", verbosity=0)
    for has_rows in (True, False):
        median, worst, cpu = measure(count, has_rows)
        rows = "there" if has_rows else "new"
        print(f"{count} addresses, rows {rows}: {median:.0f} ms, worst {worst:.0f}, processor {cpu:.0f}")
    connection.close()


if __name__ == "__main__":
    main()
