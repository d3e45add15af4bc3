"""Walks through one site: `SITE={...} python -m tests.accesslog.site.walk` prints what went wrong."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from html import unescape
from typing import Any, Optional
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import django

FIRST = 1234
COUNT = 1000
#: pages that are opened, and those whose addresses differ by their values alone
PAGES, ALIKE = 70, 2
#: whom fail2ban bans, and the network that is banned by hand
BANNED, NETWORK = "2001:db8:9::7", "2001:db8:9::/64"


class Walk:
    """One site, somebody who is logged in, and what went wrong."""

    def __init__(self) -> None:
        from django.conf import settings

        self.wrong: list[str] = []
        self.settings = settings
        self.prefix = settings.FORCE_SCRIPT_NAME or ""
        self.staff = self._client("192.0.2.1")

    def _client(self, address: str) -> Any:
        from django.test import Client

        return Client(REMOTE_ADDR=address, raise_request_exception=False, enforce_csrf_checks=False)

    def expect(self, what: str, found: Any, wanted: Any) -> None:
        """Note what is not as wanted."""
        if found != wanted:
            self.wrong.append(f"{what}: {found!r:.300}, not {wanted!r:.200}")

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """Note an exception, and go on."""
        try:
            yield
        except (Exception, SystemExit) as error:
            import traceback

            self.wrong.append(f"{what}: {type(error).__name__}: {error} {traceback.format_exc()[-700:]}")

    def get(self, url: str) -> str:
        """Return the page at a URL of the site; anything but a 200 is wrong."""
        self.expect(f"prefix of {url}", url.startswith(f"{self.prefix}/"), True)
        answer = self.staff.get(url[len(self.prefix) :])
        self.expect(f"GET {url}", answer.status_code, 200)
        if answer.status_code != 200:
            return ""
        return b"".join(answer).decode() if answer.streaming else answer.content.decode()

    def post(self, url: str, data: dict[str, Any]) -> Any:
        """Return the answer to a form."""
        answer = self.staff.post(url[len(self.prefix) :], data)
        self.expect(f"POST {url} {str(data)[:80]}", answer.status_code in (200, 302), True)
        return answer


def create(alias: str) -> None:
    """Make the database of a server; SQLite makes its own."""
    from django.db import connections

    connection = connections[alias]
    if connection.vendor != "sqlite":
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        with connection._nodb_cursor() as cursor:
            charset = " CHARACTER SET utf8mb4" if connection.vendor == "mysql" else ""
            cursor.execute(f"CREATE DATABASE {name}{charset}")


def is_ours(message: Any) -> bool:
    """Return whether a message of check is of the app, or stops a command."""
    is_known = message.level >= logging.ERROR or message.id.startswith("ideolab")
    return bool(is_known and not message.is_silenced())


def prepare(walk: Walk) -> None:
    """Make the tables, the staff, and a thousand addresses whose numbers have four digits."""
    from django.contrib.auth import get_user_model
    from django.core.checks import run_checks
    from django.core.management import call_command

    from ideolab_accesslog.models import TrashIP

    for alias in walk.settings.DATABASES:
        create(alias)
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
    if walk.settings.SITE.get("storage"):
        command("collectstatic", "--noinput")
    found = [str(one) for one in run_checks(databases=list(walk.settings.DATABASES)) if is_ours(one)]
    walk.expect("check", found, [])
    rows = [
        TrashIP(pk=FIRST + number, ip=f"10.0.{number // 250}.{number % 250 + 1}", count_404=1000 + number)
        for number in range(COUNT)
    ]
    TrashIP.objects.bulk_create(rows, batch_size=100)
    if walk.settings.SITE.get("admin") != "none":
        users = get_user_model()
        user = users(**{users.USERNAME_FIELD: "ann@example.com"})
        user.is_staff = user.is_superuser = True
        user.save()
        walk.staff.force_login(user)


def visit(walk: Walk) -> None:
    """Ask for pages as a visitor and as a scanner, and find them in the tables."""
    from django.utils import timezone as django_timezone

    from ideolab_accesslog import databases
    from ideolab_accesslog.access import recorder
    from ideolab_accesslog.models import AccessLog, TrashIP
    from ideolab_accesslog.traship import gate

    walk.expect("a page", walk.staff.get("/ok/").status_code, 200)
    scanner = walk._client("192.0.2.200")
    walk.expect("a scan", scanner.get("/.env").status_code, 403)
    walk.expect("missing pages", {scanner.get(f"/nope-{n}/").status_code for n in range(25)}, {404})
    gate.drain()
    walk.expect("stored", recorder.flush(), True)
    rows = AccessLog.objects.using(databases.requests())
    row = rows.filter(ip="192.0.2.1").latest("ts")
    walk.expect("path", row.path, f"{walk.prefix}/ok/")
    walk.expect("time of a request", abs(row.ts - django_timezone.now()) < timedelta(minutes=5), True)
    found = TrashIP.objects.get(ip="192.0.2.200")
    walk.expect("counts", (found.count_sensitive, found.count_404), (1, 25))
    walk.expect("seen", abs(found.last_seen - django_timezone.now()) < timedelta(minutes=5), True)


def look(walk: Walk, root: str) -> None:
    """Open every page of the admin, and every link on them that stays in the app."""
    base = f"{walk.prefix}{root}ideolab_accesslog/"
    todo = [base, f"{base}traship/stats/", f"{base}traship/stats/?days=90", f"{base}traship/ban/"]
    todo += [f"{base}traship/address/192.0.2.200/", f"{base}traship/address/2001:db8::/64/"]
    for model in ("accesslog", "traship", "firewallactionlog"):
        searches = ("?q=10.0.0.0/24", "?q=192.0.2.200", "?q=nope", "?o=1", "?o=-3", "?p=1", "?all=")
        todo += [f"{base}{model}/{query}" for query in ("", *searches)]
    seen: set[str] = set()
    shapes: dict[str, int] = {}
    while todo and len(seen) < PAGES:
        url = todo.pop(0)
        shape = re.sub(r"=[^&]*|/\d+/|/[0-9a-f.:]+/", "*", url)
        shapes[shape] = shapes.get(shape, 0) + 1
        if url in seen or shapes[shape] > ALIKE:
            continue
        seen.add(url)
        text = walk.get(url)
        for href in map(unescape, re.findall(r'href="([^"]*)"', text)):
            target = urlsplit(href)
            path = target.path or urlsplit(url).path
            link = f"{path}?{target.query}" if target.query else path
            if "ideolab_accesslog" in path and not path.endswith((".css", ".js")):
                walk.expect(f"{href} on {url} stays below {root}", path.startswith(base), True)
                todo.append(link)


def ban(walk: Walk, root: str) -> None:
    """Ban a thousand addresses, lift some bans, check some, and save lists."""
    from django.utils import timezone as django_timezone

    from ideolab_accesslog.models import FirewallActionLog, TrashIP

    page = f"{walk.prefix}{root}ideolab_accesslog/traship/"
    chosen = {"action": "ban_24h", "select_across": "1", "index": "0", "_selected_action": str(FIRST)}
    confirm = walk.post(f"{page}?q=10.0.0.0/16", chosen).content.decode()
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', confirm))
    shown = set(re.findall(r"\b10\.0\.\d+\.\d+\b", confirm))
    walk.expect("addresses to confirm", len(shown), COUNT)
    walk.expect("fields", set(fields) - {"csrfmiddlewaretoken"}, {"_selected_action", "action", "confirmed"})
    walk.post(f"{page}?q=10.0.0.0/16", {**fields, "reason": "scan é"})
    banned = TrashIP.objects.filter(is_banned=True, ban_reason="scan é")
    walk.expect("banned", banned.count(), COUNT)
    wanted = django_timezone.now() + timedelta(days=1)
    ends = {abs(row.ban_until - wanted) < timedelta(minutes=15) for row in banned}
    walk.expect("end of the bans", ends, {True})
    audit = FirewallActionLog.objects.filter(action="ban")
    walk.expect("audit", {(row.state, row.actor_name) for row in audit}, {("done", "ann@example.com")})
    lines = (walk.settings.DIRECTORY / "manual.log").read_text().splitlines()
    walk.expect("lines", len(lines), COUNT)
    when = datetime.strptime(lines[0].split()[0], "%Y-%m-%dT%H:%M:%S.%f%z")
    walk.expect("time of a line", abs(when - datetime.now(timezone.utc)) < timedelta(minutes=15), True)
    walk.expect("a line", " ttl=86400 actor=" in lines[0], True)
    few = {"index": "0", "_selected_action": [str(FIRST + 1), str(FIRST + 2)]}
    walk.post(page, {**few, "action": "check_firewall"})
    walk.post(page, {**few, "action": "unban_now"})
    walk.expect("banned after UNBAN", banned.all().count(), COUNT - 2)
    answer = walk.post(page, {**few, "action": "export_csv"})
    walk.expect("lines of the file", len(b"".join(answer).splitlines()), 3)
    form = {"addresses": "198.51.100.7 2001:db8::7", "time": "permanent", "reason": "by hand"}
    walk.expect("BAN by hand", walk.post(f"{page}ban/", form).headers.get("Location"), page)
    walk.expect("banned by hand", TrashIP.objects.filter(is_banned=True, ban_until=None).count(), 2)


def watch(walk: Walk, root: str) -> None:
    """Import a ban, find it on the dashboard with its time, and ban its network from there."""
    from ideolab_accesslog.models import TrashIP

    now = datetime.now(timezone.utc)
    event: dict[str, Any] = {
        "ts": now.isoformat(),
        "type": "ban",
        "ip": BANNED,
        "subnet": NETWORK,
        "jail": "sshd",
    }
    event |= {"bantime": 60, "until": (now + timedelta(seconds=60)).isoformat(), "id": "a-1"}
    (walk.settings.DIRECTORY / "events.jsonl").write_text(json.dumps(event) + "\n")
    said = re.findall(r"\d+", command("import_connmon_events")[0])
    walk.expect("imported, duplicates, rejected, behind", said, ["1", "0", "0", "0"])
    page = f"{walk.prefix}{root}ideolab_accesslog/security/"
    local = f"{now.astimezone(ZoneInfo(walk.settings.TIME_ZONE)):%H:%M:%S}"
    walk.expect(f"{local} on the dashboard", local in walk.get(f"{page}?period=1h"), True)
    data = json.loads(walk.get(f"{page}data/?period=1h"))
    times = [row["ts"] for row in data["last_bans"]]
    walk.expect("last bans", times, [now.isoformat(timespec="seconds")])
    walk.expect("timeline", [sum(series["values"]) for series in data["timeline"]["series"]], [1])
    detail = json.loads(walk.get(f"{page}detail/?of={BANNED}"))
    walk.expect("detail", [row["ts"] for row in detail["bans"]], times)
    url = f"{page}ban/?of={NETWORK}"
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', walk.get(url)))
    answer = walk.post(url, {**fields, "time": "24h", "reason": "from the dashboard"})
    walk.expect("a ban from the dashboard", answer.headers.get("Location"), page)
    walk.expect("banned from there", TrashIP.objects.filter(ip=NETWORK, is_banned=True).count(), 1)


def command(*words: str) -> tuple[str, Optional[str]]:
    """Return what a command printed, and its error."""
    from django.core.management import CommandError, call_command

    out = io.StringIO()
    try:
        call_command(*words, stdout=out, stderr=out)
    except CommandError as error:
        return out.getvalue(), str(error)
    return out.getvalue(), None


def manage(walk: Walk) -> None:
    """Run every command."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone as django_timezone

    from ideolab_accesslog import firewall
    from ideolab_accesslog.models import FirewallActionLog, TrashIP
    from ideolab_accesslog.traship import banned

    firewall.ban(["198.51.100.20", "198.51.100.21"], actor="a test", seconds=3600)
    until = django_timezone.now() + timedelta(hours=1)
    firewall.ban(["198.51.100.22"], actor="a test", until=until)
    past = django_timezone.now() - timedelta(minutes=1)
    TrashIP.objects.filter(ip="198.51.100.20").update(ban_until=past)
    text = command("unban_expired", "--dry-run")[0]
    walk.expect("expired", text.splitlines()[0], "would unban 198.51.100.20")
    text = command("unban_expired")[0]
    walk.expect("lifted", text, "1 expired bans lifted, 0 failed in the firewall\n")
    # a list that took long to read is not read again at once
    banned.forget()
    banned.refresh()
    walk.expect("a ban", walk._client("198.51.100.21").get("/ok/").status_code, 403)
    walk.expect("no ban", walk._client("198.51.100.20").get("/ok/").status_code, 200)
    error = command("reconcile_firewall")[1] or ""
    walk.expect("reconcile", error.startswith("cannot compare: manual.log cannot be asked"), True)
    for words in ((), ("--dry-run",), ("--firewall-days", "1")):
        text = command("cleanup_accesslog", *words)[0]
        walk.expect("cleanup", [line[:2] for line in text.splitlines()], ["0 "] * len(text.splitlines()))
    text = command("accesslog_metrics", "--output", "-")[0]
    walk.expect("metrics", "ideolab_accesslog_banned_addresses" in text, True)
    walk.expect("spool", command("load_accesslog_spool")[1], None)
    get_user_model().objects.all().delete()
    rows = FirewallActionLog.objects.filter(actor_name="ann@example.com")
    walk.expect("the audit of a user who is gone", rows.exists(), walk.settings.SITE.get("admin") != "none")


def collect(walk: Walk) -> None:
    """Find the files of the statistics with their hashes."""
    page = walk.get("/admin/ideolab_accesslog/traship/stats/")
    names = re.findall(r'src="([^"]*ideolab_accesslog/[^"]*)"', page)
    walk.expect("scripts", [re.sub(r"\.[0-9a-f]{12}\.", ".", name) != name for name in names], [True] * 2)


class Errors(logging.Handler):
    """Notes what the site logs as an error."""

    def __init__(self, walk: Walk) -> None:
        super().__init__(logging.WARNING)
        self._walk = walk

    def emit(self, record: logging.LogRecord) -> None:
        """Note an error, and every warning with an exception."""
        if record.exc_info or record.levelno >= logging.ERROR:
            text = logging.Formatter().format(record)
            self._walk.wrong.append(f"logged: {text[:200]} ... {text[-900:]}")


def main() -> int:
    """Walk, and print what went wrong."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.accesslog.site.settings"
    django.setup()
    walk = Walk()
    logging.getLogger().addHandler(Errors(walk))
    site = walk.settings.SITE
    for step in (prepare, visit):
        with walk.step(step.__name__):
            step(walk)
    roots = {
        "none": [],
        "second": ["/admin/", "/team/ops/"],
        "only-second": ["/team/ops/"],
    }.get(site.get("admin", "default"), ["/admin/"])
    if site.get("i18n"):
        roots = [f"/{walk.settings.LANGUAGE_CODE}{root}" for root in roots]
    for number, root in enumerate(roots):
        with walk.step(f"ban below {root}"):
            if number == len(roots) - 1:
                ban(walk, root)
                watch(walk, root)
        with walk.step(f"look below {root}"):
            look(walk, root)
    if site.get("storage"):
        with walk.step("files"):
            collect(walk)
    with walk.step("manage"):
        manage(walk)
    from ideolab_accesslog.access import recorder

    recorder.stop()
    print("\n".join(walk.wrong))
    return 1 if walk.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
