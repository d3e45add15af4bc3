"""The scenarios of docs/django.md as a visitor, a scanner and an administrator live them.

nginx in front of gunicorn, PostgreSQL, a real fail2ban and the kernel, in a network namespace.
"""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import re
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import write_distribution
from demo.lab.namespace import Namespace, link_namespaces
from demo.lab.nginx import CONFIG, Nginx
from demo.lab.wait import wait_until
from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP
from tests.lab.gunicorn import Served, gunicorn
from tests.lab.postgres import Postgres

pytestmark = [pytest.mark.root, pytest.mark.parametrize("database", ["postgresql"], indirect=True)]
VISITOR, SCANNER, OFFICE = "198.51.100.10", "198.51.100.66", "198.51.100.30"
JAILS = """\
[ideolab-traship]
enabled = true
logpath = {log}/traship.log

[ideolab-manual]
enabled = true
logpath = {log}/manual.log
"""
PROXY = """\
        location / {{
            proxy_pass http://127.0.0.1:@PORT@;
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
"""
NGINX = CONFIG.replace("        root {directory}/www;\n", PROXY)
SENSITIVE = (
    *("/.env", "/.git/config", "/wp-login.php", "/xmlrpc.php", "/phpmyadmin/index.php", "/vendor/.env"),
    *("/wp-admin/setup-config.php", "/actuator/env", "/cgi-bin/luci", "/server-status", "/.aws/credentials"),
    "/boaform/admin/formLogin",
)


@dataclass
class Host:
    """The web server's host and the network of its visitors."""

    server: Namespace
    visitors: Namespace
    web: Served
    fail2ban: Fail2ban

    def status(self, address: str, path: str, *headers: str, within_s: int = 60) -> int:
        """The status that a visitor at `address` gets; 0 without an answer."""
        words = ["curl", "-sk", "--path-as-is", "--interface", address, "-o", "/dev/null"]
        words += ["--max-time", str(within_s)]
        words += [word for header in headers for word in ("-H", header)]
        done = subprocess.run(
            self.visitors.command(*words, "-w", "%{http_code}", f"https://192.0.2.1{path}"),
            capture_output=True,
            text=True,
            timeout=120,
        )
        return int(done.stdout or 0)

    def banned(self, jail: str) -> str:
        return self.fail2ban.run_client("get", jail, "banip")

    def wait_until(self, is_so: Callable[[], object], what: str) -> None:
        """Return when it is so; the error shows the end of fail2ban's log."""
        self.fail2ban.wait_until(is_so, what)

    def act(self, action: str, **fields: str) -> str:
        """The page after an action on all of the TrashIP list, clicked and confirmed."""
        jar = http.cookiejar.CookieJar()
        jar.set_cookie(_session_cookie())
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
        url = f"http://127.0.0.1:{self.web.port}{reverse('admin:ideolab_accesslog_traship_changelist')}"
        with self.server.enter():
            found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', _text(opener, url))
            assert found is not None
            rows = [("_selected_action", str(pk)) for pk in TrashIP.objects.values_list("pk", flat=True)]
            data = [("action", action), ("csrfmiddlewaretoken", found[1]), *rows, *fields.items()]
            return _text(opener, url, urllib.parse.urlencode(data).encode())


def _session_cookie() -> http.cookiejar.Cookie:
    """Alice has logged in."""
    client = Client()
    client.force_login(User.objects.get(username="alice"))
    value = client.cookies["sessionid"].value
    return http.cookiejar.Cookie(
        0, "sessionid", value, None, False, "127.0.0.1", True, False, "/", True, False, None, True,
        None, None, {},
    )  # fmt: skip


def _text(opener: urllib.request.OpenerDirector, url: str, data: bytes | None = None) -> str:
    with opener.open(url, data, timeout=20) as answer:
        return str(answer.read().decode())


@pytest.fixture
def host(database: str, postgres: Postgres, tmp_path: Path) -> Iterator[Host]:
    """All of it, with a superuser alice."""
    User.objects.create_superuser("alice")
    for name in ("traship.log", "manual.log"):
        (tmp_path / name).touch()
    environment = {
        **postgres.environment(),
        "DJANGO_ACCESSLOG_TRUSTED_PROXIES": json.dumps(["127.0.0.1"]),
        "DJANGO_TRASHIP_LOG": str(tmp_path / "traship.log"),
        "DJANGO_TRASHIP_MANUAL_LOG": str(tmp_path / "manual.log"),
        "DJANGO_TRASHIP_FIREWALL_EXECUTE": "true",
    }
    with contextlib.ExitStack() as undo:
        server, visitors = undo.enter_context(link_namespaces("f2bj"))
        with server.enter():
            web = undo.enter_context(gunicorn(environment, "--worker-class", "gthread", "--threads", "4"))
        nginx = Nginx(server, tmp_path / "nginx", 256, NGINX.replace("@PORT@", str(web.port)))
        undo.callback(nginx.stop)
        jails = JAILS.format(log=tmp_path)
        names = ("ideolab-traship", "ideolab-manual")
        fail2ban = Fail2ban(server, tmp_path / "f2b", jails, names, write_config=write_distribution).start()
        undo.callback(fail2ban.stop)
        yield Host(server, visitors, web, fail2ban)


def test_a_page_is_logged_and_a_404_is_not(host: Host, database: str) -> None:
    """The row has the visitor's own address, not nginx's; one dead link is nothing."""
    assert host.status(VISITOR, "/ok/?a=1") == 200
    assert host.status(VISITOR, "/this-should-404-123") == 404
    host.wait_until(lambda: AccessLog.objects.filter(path="/ok/").exists(), "the row of the page")
    row = AccessLog.objects.get()
    assert (row.ip, row.query_string, row.status_code) == (VISITOR, "a=1", 200)
    assert host.banned("ideolab-traship").split() == []


def test_404s_are_counted(host: Host, database: str) -> None:
    """Twenty dead pages are in TrashIP, and none of them in the access log."""
    assert {host.status(SCANNER, f"/nope-{number}") for number in range(20)} == {404}

    def counted() -> bool:
        return bool(TrashIP.objects.filter(ip=SCANNER, count_404=20).exists())

    wait_until(counted, lambda: f"missing: count_404 = 20\n{list(TrashIP.objects.values())}")
    assert not AccessLog.objects.exists()


def test_a_scanner_is_banned_and_nobody_else(host: Host, database: str) -> None:
    """403 at once, then no answer at all; the office that he named in a header keeps its pages."""
    forged = f"X-Forwarded-For: {OFFICE}"
    statuses = [host.status(SCANNER, path, forged, within_s=10) for path in SENSITIVE]
    assert statuses[:5] == [403] * 5
    assert set(statuses) <= {403, 0}
    host.wait_until(lambda: SCANNER in host.banned("ideolab-traship"), "the ban")
    host.wait_until(lambda: host.status(SCANNER, "/ok/", within_s=3) == 0, "packets are dropped")
    assert host.status(OFFICE, "/ok/") == host.status(VISITOR, "/ok/") == 200
    assert OFFICE not in host.banned("ideolab-traship")
    host.wait_until(
        lambda: TrashIP.objects.filter(ip=SCANNER, reason="sensitive_path").exists(), "the TrashIP row"
    )
    assert not TrashIP.objects.filter(ip=OFFICE).exists()


def test_a_ban_from_the_admin_reaches_the_kernel(host: Host, database: str) -> None:
    """BAN 24h: row, audit, fail2ban with the ban's own time, and no packet through."""
    assert host.status(SCANNER, "/.env") == 403
    host.wait_until(lambda: TrashIP.objects.filter(ip=SCANNER).exists(), "the TrashIP row")
    page = host.act("ban_24h", confirmed="yes", reason="scan")
    assert "1 address banned; the site answers 403; fail2ban was told" in page
    host.wait_until(lambda: SCANNER in host.banned("ideolab-manual"), "the ban")
    host.wait_until(lambda: host.status(SCANNER, "/ok/", within_s=3) == 0, "packets are dropped")
    row = TrashIP.objects.get(ip=SCANNER)
    assert row.is_banned
    assert row.ban_until is not None
    assert timedelta(hours=23) < row.ban_until - timezone.now() < timedelta(hours=25)
    audit = FirewallActionLog.objects.get(action="ban")
    assert (audit.actor_name, audit.state, audit.reason, audit.bantime) == ("alice", "done", "scan", 86400)


def test_an_expired_ban_is_tidied_up(host: Host, database: str, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run changes nothing; without it the row is free and the audit says who did it."""
    TrashIP.objects.create(ip=SCANNER, is_banned=True, ban_until=timezone.now() - timedelta(minutes=1))
    call_command("unban_expired", dry_run=True)
    assert TrashIP.objects.get().is_banned
    call_command("unban_expired")
    assert not TrashIP.objects.get().is_banned
    assert FirewallActionLog.objects.get().actor_name == "unban_expired"
    assert SCANNER in capsys.readouterr().out
