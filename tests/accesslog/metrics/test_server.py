"""What real processes add to the totals: each row and each offence once, whoever ends and begins."""

from __future__ import annotations

import http.client
import json

import pytest

from ideolab_accesslog.models import AccessLog, Total, TrashIP
from tests.lab.gunicorn import Served, gunicorn
from tests.lab.postgres import Postgres

SCANNER = "198.51.100.7"


def scan(server: Served, numbers: range) -> None:
    """Ask for pages that only a scanner asks for, and for one that the site has."""
    for number in numbers:
        for path in (f"/wp-content/y{number}.php", "/ok/"):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
            connection.request("GET", path, headers={"X-Forwarded-For": SCANNER})
            connection.getresponse().read()
            connection.close()


@pytest.mark.parametrize("sink", ["queue", "spool"])
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_offences_and_rows_are_counted_once(database: str, postgres: Postgres, sink: str) -> None:
    """Twenty-four pages, asked for by several processes in several turns, are 24."""
    environment = {
        **postgres.environment(),
        "DJANGO_ACCESSLOG_SINK": sink,
        "DJANGO_ACCESSLOG_TRUSTED_PROXIES": json.dumps(["127.0.0.1"]),
        "DJANGO_ACCESSLOG_FLUSH_S": "0.05",
    }
    for numbers in (range(12), range(12, 24)):
        with gunicorn(environment, "--workers", "2", "--max-requests", "15") as server:
            scan(server, numbers)
            server.stop()

    found = {f"{total.name} {total.labels}": total.value for total in Total.objects.all()}
    assert found == {
        'offences_total reason="sensitive_path"': 24,
        'rows_total result="written"': 24,
    }
    assert (TrashIP.objects.get(ip=SCANNER).count_sensitive, AccessLog.objects.count()) == (24, 24)
