"""A site's own tests, with Django's runner and with pytest: they pass, and leave nothing behind."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from demo.lab.child import REPOSITORY
from ideolab_accesslog.models import AccessLog, FirewallActionLog, Total, TrashIP
from tests.lab.postgres import Postgres

#: of the site: each kind of test, with pages, streams, missing pages and a scanner's paths
SITE_TESTS = textwrap.dedent(
    """
    import urllib.request
    from django.contrib.auth.models import User
    from django.test import LiveServerTestCase, SimpleTestCase, TestCase, TransactionTestCase
    from ideolab_accesslog import firewall
    from ideolab_accesslog.models import AccessLog, TrashIP
    from ideolab_accesslog.testing import record_requests

    SCANNER = "198.51.100.7"

    def visit(client):
        for number in range(3):
            assert client.get("/ok/", REMOTE_ADDR=SCANNER).status_code == 200
            assert client.get(f"/nope-{number}", REMOTE_ADDR=SCANNER).status_code == 404
            assert client.get(f"/wp-content/{number}.php", REMOTE_ADDR=SCANNER).status_code == 403

    class Simple(SimpleTestCase):
        def test_pages(self):
            visit(self.client)

    class Case(TestCase):
        @classmethod
        def setUpTestData(cls):
            User.objects.create_user("alice")

        def test_pages(self):
            with self.assertNumQueries(0):
                visit(self.client)
            self.assertEqual(AccessLog.objects.count(), 0)

        def test_rows(self):
            with record_requests():
                visit(self.client)
            self.assertEqual(AccessLog.objects.count(), 3)
            self.assertEqual(TrashIP.objects.get().count_hits, 6)

        def test_a_ban(self):
            with self.captureOnCommitCallbacks(execute=True):
                result = firewall.ban([SCANNER], actor="alice", seconds=60)
            self.assertEqual(dict(result.counts()), {"skipped": 1})

        async def test_rows_of_an_asynchronous_client(self):
            async with record_requests():
                await self.async_client.get("/ok/")
            self.assertEqual(await AccessLog.objects.acount(), 1)

    class Transaction(TransactionTestCase):
        def test_pages(self):
            for number in range(5):
                visit(self.client)
                User.objects.create_user(str(number))

        def test_rows(self):
            with record_requests():
                visit(self.client)
            self.assertEqual(AccessLog.objects.count(), 3)

    class Live(LiveServerTestCase):
        def fetch(self):
            for path in ("/ok/", "/stream/"):
                urllib.request.urlopen(self.live_server_url + path).read()

        def test_pages(self):
            for number in range(5):
                self.fetch()
                User.objects.create_user(str(number))

        def test_rows(self):
            with record_requests():
                self.fetch()
            self.assertIn(AccessLog.objects.count(), (1, 2))
    """
)
#: the same with pytest-django, in functions
PYTEST_TESTS = textwrap.dedent(
    """
    import urllib.request
    import pytest
    from ideolab_accesslog.models import AccessLog
    from ideolab_accesslog.testing import record_requests
    from site_tests import *

    def test_without_a_mark(client):
        visit(client)

    @pytest.mark.django_db
    def test_with_a_mark(client, django_assert_num_queries):
        with django_assert_num_queries(0):
            visit(client)
        with record_requests():
            visit(client)
        assert AccessLog.objects.count() == 3

    @pytest.mark.django_db(transaction=True)
    def test_with_transactions(client):
        visit(client)

    def test_live(live_server):
        urllib.request.urlopen(live_server.url + "/ok/").read()
        assert AccessLog.objects.count() == 0
    """
)
RUNNERS = {
    "django": ("-m", "django", "test", "site_tests", "--noinput", "--parallel=2"),
    "pytest": (
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "py_tests.py",
    ),
}


@pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)
@pytest.mark.parametrize("runner", RUNNERS)
def test_a_sites_tests(runner: str, database: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """All pass, the test database can be deleted, and the site's own database and logs are as before."""
    if database == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        connects = postgres.environment()
    else:
        connects = {"DJANGO_DB_NAME": str(tmp_path / "db.sqlite3")}
    state = tmp_path / "state"
    (tmp_path / "site_tests.py").write_text(SITE_TESTS)
    (tmp_path / "py_tests.py").write_text(PYTEST_TESTS)
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", *RUNNERS[runner]],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=300,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join((str(tmp_path), str(REPOSITORY))),
            "DJANGO_SETTINGS_MODULE": "tests.accesslog.settings",
            "DJANGO_ACCESSLOG_TESTING": "auto",
            "DJANGO_TRASHIP_FIREWALL_EXECUTE": "true",
            "DJANGO_TRASHIP_AUTO_BAN": "true",
            "DJANGO_TRASHIP_404_DISTINCT": "5",
            "ACCESSLOG_TEST_STATE": str(state),
            **connects,
        },
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert not re.search("Traceback|access log:|TrashIP:|tried again", said), said
    assert {
        model.__name__: model.objects.count() for model in (AccessLog, TrashIP, FirewallActionLog, Total)
    } == {
        "AccessLog": 0,
        "TrashIP": 0,
        "FirewallActionLog": 0,
        "Total": 0,
    }
    assert list(state.iterdir()) == []
