"""No question of the page reads a big table whole, and none sorts it: each has an index to answer from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ideolab_accesslog.admin.search import is_partial, match_network
from ideolab_accesslog.dashboard.bans import origins, unbanned
from ideolab_accesslog.dashboard.detail.target import DetailTarget
from ideolab_accesslog.dashboard.detail.whole import read_detail
from ideolab_accesslog.dashboard.event_types import SUSPECT
from ideolab_accesslog.dashboard.instants import read_clock
from ideolab_accesslog.dashboard.page_data import collect
from ideolab_accesslog.dashboard.period import PERIODS
from ideolab_accesslog.dashboard.readings import Readings
from ideolab_accesslog.networks import parse_wanted
from tests.accesslog.dashboard.many_rows import fill_events, fill_site

ROWS = 60_000
#: seconds in which they lie: a month, and an attack of an hour
SPREADS = (30 * 86400, 3600)
TARGETS = (
    *("11.0.3.25", "11.0.3.0/24", "11.0.0.0/16", "2001:db8:8:1::/64", "2001:db8:8::/48", "AS64500"),
    # of the last two are the requests
    *("198.18.8.0/24", "198.18.0.0/16"),
)
#: the others are small by nature: one row for a minute, an hour, a file, and OffenceLog's bound
BIG = ("connmonevent", "eventday", "accesslog")
#: rows that an answer may take from one table
READ_MAX = 9000


def _ask_all() -> Iterator[str]:
    """Yield the text of each SELECT of the page and of the details."""
    for period in PERIODS.values():
        with CaptureQueriesContext(connection) as captured:
            collect(period, kept=Readings())
        yield from _list_selects(captured)
    start, now = read_clock() - timedelta(hours=1), read_clock()
    clients = unbanned.choose_clients(origins.read_newest(start, now, SUSPECT))
    with CaptureQueriesContext(connection) as captured:
        unbanned.read_bans_of(clients, start)
    yield from _list_selects(captured)
    for text in TARGETS:
        target = DetailTarget(parse_wanted(text), match_network, is_partial)
        with CaptureQueriesContext(connection) as captured:
            read_detail(target, lambda _name: True)
        yield from _list_selects(captured)


def _list_selects(captured: CaptureQueriesContext) -> Iterator[str]:
    texts = (query["sql"] for query in captured.captured_queries)
    return (text for text in texts if text.startswith("SELECT"))


def _ask(text: str, how: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"{how} {text}")
        return list(cursor.fetchall())


def _walk(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _walk(part)


@pytest.mark.long
@pytest.mark.root
@pytest.mark.parametrize("seconds", SPREADS)
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_postgresql(seconds: int, database: str) -> None:
    """EXPLAIN ANALYZE: no scan of a whole big table, and no step that reads more than READ_MAX rows."""
    fill_events(connection, ROWS, seconds)
    fill_site(connection, ROWS, 2000)
    breaches = []
    for text in _ask_all():
        ((plans,),) = _ask(text, "EXPLAIN (ANALYZE, FORMAT JSON)")
        for step in _walk((json.loads(plans) if isinstance(plans, str) else plans)[0]["Plan"]):
            is_whole = step["Node Type"] == "Seq Scan" and step["Relation Name"].endswith(BIG)
            read = (step["Actual Rows"] + step.get("Rows Removed by Filter", 0)) * step["Actual Loops"]
            if is_whole or read > READ_MAX:
                breaches.append((step["Node Type"], step.get("Relation Name"), read, text[:300]))

    assert breaches == []


@pytest.mark.long
@pytest.mark.parametrize("seconds", SPREADS)
def test_sqlite(seconds: int, database: str) -> None:
    """EXPLAIN QUERY PLAN, the same for any number of rows: a big table is never scanned from end to end."""
    fill_events(connection, ROWS // 10, seconds)
    fill_site(connection, ROWS // 10, 2000)
    breaches = []
    for text in _ask_all():
        steps = [row[3] for row in _ask(text, "EXPLAIN QUERY PLAN")]
        whole = [step for step in steps if step.startswith("SCAN ideolab") and step.rpartition("_")[2] in BIG]
        breaches += [(step, text[:300]) for step in whole]

    assert breaches == []


@pytest.mark.long
@pytest.mark.root
@pytest.mark.parametrize("database", ["mysql"], indirect=True)
def test_mysql(database: str) -> None:
    """It counts what it reads itself; its EXPLAIN guesses, and forgets the limit of a query."""
    fill_events(connection, ROWS, SPREADS[1])
    fill_site(connection, ROWS, 2000)
    breaches = []
    for text in _ask_all():
        _ask("", "FLUSH STATUS")
        _ask(text, "")
        read = sum(int(number) for _name, number in _ask("", "SHOW SESSION STATUS LIKE 'Handler_read%'"))
        if read > READ_MAX:
            breaches.append((read, text[:300]))

    assert breaches == []
