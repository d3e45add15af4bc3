"""The middleware with TrashIP in it: what is refused, what is counted, and what it costs the request."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.signals import setting_changed
from django.http import HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.utils import timezone

from demo.lab.wait import wait_until
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.middleware import AccessLogMiddleware
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.scheduler import scheduler
from ideolab_accesslog.signals import dropped, offence
from ideolab_accesslog.traship import banned, classify, gate, rows
from ideolab_accesslog.traship.crawlers.held import HeldOffences
from ideolab_accesslog.traship.crawlers.verifier import Verifier
from ideolab_accesslog.traship.offence import CRAWLER, CROSS_SITE, Offence
from tests.accesslog.sites import SERVED, decode, targets
from tests.accesslog.traship.sent import CAUSED, OWN, meta

MALLORY = "198.51.100.66"
LINE = re.compile(r' traship: offence (\S+) reason=(\S+) status=(\d+) method=GET path="([^"]*)"')


@pytest.fixture(autouse=True)
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A log of its own, no thread, and nothing left of other tests."""
    monkeypatch.setattr(scheduler, "start", lambda: None)
    gate.forget("CACHES")
    path = tmp_path / "traship.log"
    with override_settings(TRASHIP_LOG=str(path)):
        yield path
    gate.forget("CACHES")
    banned.forget()


@pytest.fixture
def client(database: str) -> Client:
    return Client(REMOTE_ADDR=MALLORY, HTTP_USER_AGENT="zgrab/0.x")


def lines(path: Path) -> list[tuple[str, ...]]:
    """(address, reason, status, path) of each line."""
    text = path.read_text() if path.exists() else ""
    return [found.groups() for found in map(LINE.search, text.splitlines()) if found]


def test_a_sensitive_path(client: Client, log: Path) -> None:
    """403 at once, a row, and one line however often it is asked for."""
    statuses = [client.get("/.env").status_code for _ in range(3)]
    gate.drain()
    gate.drain()

    assert statuses == [403, 403, 403]
    assert lines(log) == [(MALLORY, "sensitive_path", "403", "/.env")]
    row = TrashIP.objects.get()
    assert (row.ip, row.reason, row.count_hits, row.count_sensitive, row.count_404) == (
        MALLORY, "sensitive_path", 3, 3, 0,
    )  # fmt: skip
    assert (row.last_path, row.last_user_agent, row.is_banned) == ("/.env", "zgrab/0.x", False)


def test_the_seeds_scenario(client: Client, log: Path) -> None:
    """Twenty pages that do not exist: counted, and the twentieth is a burst."""
    for number in range(1, 21):
        assert client.get(f"/nope-{number}").status_code == 404
    gate.drain()

    assert lines(log) == [(MALLORY, "404_burst", "404", "/nope-20")]
    row = TrashIP.objects.get()
    assert (row.reason, row.count_404, row.count_sensitive, row.last_path) == ("404_burst", 20, 0, "/nope-20")


def test_one_missing_page_is_no_row(client: Client, log: Path) -> None:
    """Only with the second."""
    client.get("/this-should-404-123")
    gate.drain()
    assert TrashIP.objects.count() == 0

    client.get("/this-should-404-123")
    gate.drain()
    assert TrashIP.objects.get().count_404 == 2
    assert lines(log) == []


def test_every_turn_counts_once_there_were_two(client: Client, log: Path) -> None:
    """A single page in a later turn is added at once, and not kept for one that may never come."""
    for paths in (("/a", "/b"), ("/c",), ("/d",)):
        for path in paths:
            client.get(path)
        gate.drain()

    assert TrashIP.objects.get().count_404 == 4


def test_a_dead_link_is_no_burst(client: Client, log: Path) -> None:
    """A thousand requests for one page are a monitor or a forgotten bookmark."""
    for _ in range(300):
        client.get("/dead-link")
    gate.drain()

    assert TrashIP.objects.get().count_404 == 300
    assert lines(log) == []


def test_a_page_with_many_missing_pictures_is_no_burst(client: Client, log: Path) -> None:
    """They count as one."""
    for number in range(60):
        client.get(f"/photos/{number}.jpg")
    gate.drain()

    assert lines(log) == []


def test_after_many_requests_fewer_paths_are_enough(client: Client, log: Path) -> None:
    """TRASHIP_404_THRESHOLD: a quarter of the distinct paths."""
    for _ in range(50):
        for path in "abcdef":
            client.get(f"/{path}")
    gate.drain()

    assert [path for *_others, path in lines(log)] == ["/e", "/f"]


@pytest.mark.parametrize(
    "path",
    [
        "/favicon.ico", "/apple-touch-icon-120x120-precomposed.png", "/js/app.js.map", "/browserconfig.xml",
        "/.well-known/assetlinks.json", "/robots.txt", "/sitemap.xml.gz", "/site.webmanifest", "/ads.txt",
    ],
)  # fmt: skip
def test_what_browsers_ask_for(client: Client, path: str) -> None:
    """Is not counted."""
    for _ in range(2):
        client.get(path)
    gate.drain()

    assert TrashIP.objects.count() == 0


@pytest.mark.parametrize("prefix", ["", "/static"])
def test_a_site_that_takes_every_path(client: Client, log: Path, prefix: str) -> None:
    """The view is asked; after its 404 the path counts as what it is."""
    with override_settings(TRASHIP_BLOCK_EARLY=bool(prefix)):
        assert client.get(f"{prefix}/wp-login.php").status_code == 404
    gate.drain()

    assert lines(log) == [(MALLORY, "sensitive_path", "404", f"{prefix}/wp-login.php")]


def test_no_block(client: Client) -> None:
    """TRASHIP_BLOCK_SENSITIVE off: counted all the same. TRASHIP_ENABLED off: nothing."""
    with override_settings(TRASHIP_BLOCK_SENSITIVE=False):
        assert client.get("/.env").status_code == 404
    with override_settings(TRASHIP_ENABLED=False):
        assert client.get("/.env").status_code == 404
    gate.drain()

    assert TrashIP.objects.get().count_sensitive == 1


@override_settings(ROOT_URLCONF="tests.accesslog.sites")
def test_no_page_that_the_site_serves_is_flagged(client: Client, log: Path) -> None:
    """All of the recorded targets and some that look like a scanner's: 200, no row, no line."""
    statuses = {path: client.get(path.replace("%", "%25")).status_code for path in SERVED}
    gate.drain()

    assert {path for path, status in statuses.items() if status != 200} == set()
    assert TrashIP.objects.count() == 0
    assert lines(log) == []


@override_settings(ROOT_URLCONF="tests.accesslog.sites")
def test_attacks_on_such_a_site(client: Client) -> None:
    """Of the real attacks all are refused before any view."""
    attacks = [decode(target) for source, target in targets("attack.tsv") if source == "real-2020s"]
    statuses = [client.generic("GET", "/", PATH_INFO=path).status_code for path in attacks]

    assert statuses == [403] * 20


@pytest.mark.parametrize("prefix", ["/site.fcgi", "/wp-admin", "/cgi-bin/app.cgi", "/.env"])
@pytest.mark.parametrize("rules", ["segments", "substrings"])
def test_where_the_site_stands_is_no_offence(client: Client, log: Path, prefix: str, rules: str) -> None:
    """SCRIPT_NAME is the site's: its pages are served, one dead link is one missing page, a scan is one."""
    with override_settings(TRASHIP_RULES=rules):
        paths = ("/ok/", "/", "/no-such-page/", "/favicon.ico", "/.git/config")
        statuses = [client.get(path, SCRIPT_NAME=prefix).status_code for path in paths]
        gate.drain()

    assert statuses == [200, 404, 404, 404, 403]
    assert lines(log) == [(MALLORY, "sensitive_path", "403", f"{prefix}/.git/config")]
    assert TrashIP.objects.values_list("count_404", "count_sensitive").get() == (2, 1)


@pytest.mark.parametrize("allowed", ["/old/", "/app/old/"])
def test_allowed_paths_with_and_without_script_name(client: Client, log: Path, allowed: str) -> None:
    """TRASHIP_ALLOW_PATHS may begin with the prefix of the site, or behind it."""
    with override_settings(TRASHIP_ALLOW_PATHS=[allowed]):
        for path in ("/old/index.php", "/old/gone/"):
            assert client.get(path, SCRIPT_NAME="/app").status_code == 404
        gate.drain()

    assert (TrashIP.objects.count(), lines(log)) == (0, [])


@override_settings(STATIC_URL="/app/static/")
def test_files_below_script_name(client: Client) -> None:
    """STATIC_URL with the prefix in it: names of files say nothing before the site has answered."""
    assert client.get("/static/wp-login.php", SCRIPT_NAME="/app").status_code == 404


@pytest.mark.parametrize("value", ["substrings", "seed"])
def test_with_the_two_lists_the_site_is_not_asked(client: Client, value: str) -> None:
    """A sensitive path is refused whatever the site has there."""
    with override_settings(ROOT_URLCONF="tests.accesslog.sites", TRASHIP_RULES=value):
        assert client.get("/shop/index.php").status_code == 403
    with override_settings(ROOT_URLCONF="tests.accesslog.sites"):
        assert client.get("/shop/index.php").status_code == 200


def test_banned_addresses(client: Client, django_assert_num_queries: Any) -> None:
    """403 for everything, without a query; over with the ban."""
    row = TrashIP.objects.create(ip=MALLORY, is_banned=True)
    banned.refresh()
    with django_assert_num_queries(0):
        response = client.get("/ok/")
    assert (response.status_code, response.headers["Cache-Control"]) == (403, "no-store")
    with override_settings(TRASHIP_BLOCK_BANNED=False):
        assert client.get("/ok/").status_code == 200

    TrashIP.objects.filter(pk=row.pk).update(ban_until=timezone.now() - timedelta(seconds=1))
    banned.forget()
    banned.refresh()
    assert client.get("/ok/").status_code == 200


def test_some_are_never_banned(database: str, log: Path) -> None:
    """Counted, but neither refused for a ban nor told to fail2ban."""
    TrashIP.objects.create(ip="127.0.0.1", is_banned=True)
    banned.refresh()
    client = Client(REMOTE_ADDR="127.0.0.1")

    assert client.get("/ok/").status_code == 200
    assert client.get("/.env").status_code == 403
    with override_settings(TRASHIP_NEVER_BAN=["198.51.100.0/24"]):
        Client(REMOTE_ADDR=MALLORY).get("/.env")
        gate.drain()
    assert lines(log) == []
    assert TrashIP.objects.filter(count_sensitive=1).count() == 2


def test_an_uncertain_address_is_never_counted(database: str, log: Path) -> None:
    """Whoever stands behind it."""
    client = Client(REMOTE_ADDR="")

    assert client.get("/.env").status_code == 403
    assert client.get("/nope").status_code == 404
    assert client.get("/nope").status_code == 404
    gate.drain()
    assert TrashIP.objects.count() == 0
    assert lines(log) == []


def test_requests_ask_no_database(client: Client, django_assert_num_queries: Any) -> None:
    """Neither the refused ones nor the 404s."""
    with django_assert_num_queries(0):
        client.get("/.env")
        client.get("/nope")


async def _asked(client: AsyncClient) -> list[int]:
    return [(await client.get(path)).status_code for path in ("/async/", "/.env", "/nope", "/nope")]


def test_async(database: str) -> None:
    """The same in an event loop, where a query would be an error."""
    from asgiref.sync import async_to_sync

    client = AsyncClient(REMOTE_ADDR=MALLORY)
    assert async_to_sync(_asked)(client) == [200, 403, 404, 404]
    gate.drain()
    assert TrashIP.objects.get().count_hits == 3


def test_a_database_that_is_down(client: Client, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """fail2ban learns of the offence, and the counts are written later."""

    def fail(_rows: Any) -> None:
        raise OSError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(rows, "write", fail)
        client.get("/.env")
        with pytest.raises(OSError, match="no database"):
            gate.drain()
        client.get("/.git/config")
        with pytest.raises(OSError, match="no database"):
            gate.drain()
    gate.drain()

    assert [path for *_others, path in lines(log)] == ["/.env", "/.git/config"]
    assert TrashIP.objects.get().count_sensitive == 2


def test_a_thread_that_hangs(client: Client, log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From then on the requests tell fail2ban themselves, and nothing is told twice."""
    monkeypatch.setattr(gate, "STALL_S", -1.0)
    for path in ("/.env", "/.git/config", "/.git/config"):
        client.get(path)
    assert [path for *_others, path in lines(log)] == ["/.git/config"]

    gate.drain()
    assert [path for *_others, path in lines(log)] == ["/.git/config", "/.env"]


def test_a_flood_is_bounded(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit is counted as dropped."""
    monkeypatch.setattr(gate, "PENDING_MAX", 5)
    told: list[int] = []

    def hear(count: int, **_others: Any) -> None:
        told.append(count)

    dropped.connect(hear)
    for number in range(8):
        client.get(f"/nope-{number}")
    gate.drain()
    dropped.disconnect(hear)

    assert TrashIP.objects.get().count_404 == 5
    assert told == [3]


def test_the_signal(client: Client) -> None:
    """Other apps hear of each offence once."""
    told: list[tuple[str, str, str]] = []

    def hear(address: str, reason: str, path: str, **_others: Any) -> None:
        told.append((address, reason, path))

    offence.connect(hear)
    for path in ("/.env", "/.env", "/nope"):
        client.get(path)
    gate.drain()
    offence.disconnect(hear)

    assert told == [(MALLORY, "sensitive_path", "/.env")]


def test_auto_ban(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Off by default; when it is on a burst is one ban for TRASHIP_AUTO_BAN_S."""
    asked: list[tuple[Any, ...]] = []

    def ban(addresses: list[str], *, actor: str, seconds: int, reason: str) -> None:
        asked.append((addresses, actor, seconds, reason))

    monkeypatch.setattr(calls, "ban", ban)
    for number in range(30):
        client.get(f"/nope-{number}")
    gate.drain()
    assert asked == []

    with override_settings(TRASHIP_AUTO_BAN=True, TRASHIP_AUTO_BAN_S=3600):
        for number in range(30, 60):
            client.get(f"/nope-{number}")
            gate.drain()
    assert asked == [([MALLORY], "traship", 3600, "404_burst")]


def test_two_threads_drain(client: Client) -> None:
    """recorder.flush() may run while the thread does the same."""
    for number in range(400):
        client.get(f"/nope-{number % 7}")
    _hear_in_two_threads()

    assert TrashIP.objects.get().count_404 == 400


def _hear_in_two_threads() -> None:
    from django.db import connections

    def work() -> None:
        gate.drain()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_hostile_words(client: Client, log: Path) -> None:
    """No method, path or agent makes two lines of one, or costs the row."""
    client.generic("GE T\r\n", "/", PATH_INFO="/.env\x00\n2026 traship", HTTP_USER_AGENT="\udcff\x00\n")
    gate.drain()

    assert TrashIP.objects.get().count_sensitive == 1
    assert log.read_text().count("\n") == 1
    assert " method=OTHER " in log.read_text()


#: what a server or a middleware may have put in the place of a header's text
ODD: dict[str, Any] = {
    "agent as bytes": {"HTTP_USER_AGENT": b"zgrab/0.x"},
    "no agent": {"HTTP_USER_AGENT": None},
    "Referer as bytes": {"HTTP_REFERER": b"http://testserver/"},
    "no Referer": {"HTTP_REFERER": None},
    "address as bytes": {"REMOTE_ADDR": MALLORY.encode()},
    "no Host": {"HTTP_HOST": None},
    "Host as bytes": {"HTTP_HOST": b"testserver"},
    "port as a number": {"SERVER_PORT": 80},
    "Accept as a list": {"HTTP_ACCEPT": ["*/*"]},
    "Sec-Fetch-Site as bytes": {"HTTP_SEC_FETCH_SITE": b"none"},
    "purpose as a number": {"HTTP_SEC_PURPOSE": 1},
    "content type as bytes": {"CONTENT_TYPE": b"text/plain"},
    "scheme as bytes": {"HTTP_X_FORWARDED_PROTO": b"https"},
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("status", [403, 404])
def test_a_header_that_is_no_text(database: str, log: Path, settings: Any, name: str, status: int) -> None:
    """The request is judged as any other, before a view and after it."""
    settings.TRASHIP_BLOCK_SENSITIVE = status == 403
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    middleware: Any = AccessLogMiddleware(lambda _request: HttpResponse(status=404))
    request = RequestFactory(REMOTE_ADDR=MALLORY).get("/.env")
    request.META.update(ODD[name])

    assert middleware(request).status_code == status
    gate.drain()
    assert lines(log) == [(MALLORY, "sensitive_path", str(status), "/.env")]


def test_an_address_that_is_none(client: Client, log: Path) -> None:
    """Nobody is counted, and the path is refused all the same."""
    middleware: Any = AccessLogMiddleware(lambda _request: HttpResponse())
    for address in (None, ["198.51.100.7"], 7, object(), "fe80::1%eth0"):
        request = RequestFactory().get("/.env")
        request.META["REMOTE_ADDR"] = address
        assert middleware(request).status_code == 403
    gate.drain()
    assert lines(log) == []


def test_an_error_while_counting_lets_nobody_in(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The path is refused, and the error logged."""
    monkeypatch.setattr(gate._pending, "add", lambda _offence: 1 // 0)

    assert client.get("/.env").status_code == 403
    assert client.get("/nope").status_code == 404
    assert caplog.text.count("TrashIP: a request was not counted") == 2


def test_a_long_path_is_read_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the view and after it."""
    read: list[str] = []
    monkeypatch.setattr(classify, "_by_choice", read.append)
    client.get(f"/nope-{'x' * 2000}")

    assert len(read) == 1


def test_the_reasons() -> None:
    """The words of the log and of the table are the same."""
    made = Offence(MALLORY, 0.0, "dotfile", 403, "GET", "/.env", "")

    excused = [made._replace(excuse=excuse).reason for excuse in (CROSS_SITE, CRAWLER)]
    assert {made.reason, made._replace(rule="").reason, *excused, "manual"} == set(TrashIP.Reason.values)


def test_settings_are_read_anew() -> None:
    """The refresh follows TRASHIP_BANNED_REFRESH_S."""
    setting_changed.send(sender=None, setting="TRASHIP_BANNED_REFRESH_S", value=1.0, enter=True)

    assert "read the banned addresses" in scheduler._periodic


#: twelve paths that a page on another site asks for, as the redteam's page does
PLANTED = (
    *("/.env", "/wp-login.php", "/.git/config", "/phpmyadmin/index.php", "/xmlrpc.php", "/admin.php"),
    *("/shell.php", "/config.php", "/backup.zip", "/id_rsa", "/actuator/env", "/cgi-bin/luci"),
)


def ask(text: str, paths: Iterable[str]) -> set[int]:
    """Send a whole request to each path over HTTPS; return the statuses."""
    method, _path, headers = meta(text)
    sender = Client(REMOTE_ADDR=MALLORY, **headers)
    kind = headers.get("CONTENT_TYPE", "application/octet-stream")
    words = {"content_type": kind, "secure": True}
    return {sender.generic(method, path, b"", **words).status_code for path in paths}


@pytest.mark.parametrize("name", CAUSED)
def test_what_a_page_causes_is_refused_and_told_apart(name: str, database: str, log: Path) -> None:
    """403 as ever, a row and lines of their own reason, and none that counts against the visitor."""
    with override_settings(TRASHIP_AUTO_BAN=True, TRASHIP_FIREWALL_EXECUTE=False):
        assert ask(CAUSED[name], PLANTED) == {403}
        assert ask(CAUSED[name], [f"/nope-{number}" for number in range(60)]) <= {403, 404}
        gate.drain()

    told = [line.split(" reason=")[1].split(" ")[0] for line in log.read_text().splitlines()]
    assert (set(told), told[:12]) == ({"cross_site"}, ["cross_site"] * 12)
    row = TrashIP.objects.get()
    assert (row.reason, row.count_hits, row.count_sensitive, row.count_404, row.is_banned) == (
        "cross_site", 72, 0, 0, False,
    )  # fmt: skip


@pytest.mark.parametrize("name", OWN)
def test_what_the_client_sends_itself_counts_as_ever(name: str, database: str, log: Path) -> None:
    """A line for each of the twelve paths."""
    assert ask(OWN[name], PLANTED) == {403}
    gate.drain()

    told = [line.split(" reason=")[1].split(" ")[0] for line in log.read_text().splitlines()]
    assert told == ["sensitive_path"] * 12
    assert TrashIP.objects.get().count_sensitive == 12


def test_a_page_neither_hides_nor_hastens_what_its_visitor_does(database: str, log: Path) -> None:
    """Who opens such a page and then scans is told; who misses six pages beside it is not."""
    picture = CAUSED["Chromium, picture"]
    ask(picture, [*PLANTED, *(f"/nope-{number}" for number in range(900))])
    ask(OWN["Chromium, typed"], [f"/typed-{number}" for number in range(6)])
    gate.drain()
    assert " reason=404_burst " not in log.read_text()

    ask(OWN["curl"], PLANTED)
    gate.drain()
    assert log.read_text().count(" reason=sensitive_path ") == 12
    assert TrashIP.objects.get().reason == "sensitive_path"


def test_a_thread_that_hangs_changes_nothing_for_visitors(
    database: str, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request writes no line of its own for what a page can have caused."""
    monkeypatch.setattr(gate, "STALL_S", -1.0)
    ask(CAUSED["Chromium, picture"], PLANTED)
    assert not log.exists()


@override_settings(USE_X_FORWARDED_HOST=True)
def test_the_host_that_the_proxy_names(database: str, log: Path) -> None:
    """Where Django believes it, so does the comparison with the Referer."""
    text = OWN["the site's own form"].replace("Host: site.example", "Host: app:8000")
    ask(f"{text}\nX-Forwarded-Host: site.example", ["/.env"])
    gate.drain()
    assert " reason=sensitive_path " in log.read_text()


GOOGLEBOT = {
    "REMOTE_ADDR": "66.249.66.1",
    "HTTP_USER_AGENT": "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; "
    "+http://www.google.com/bot.html) Chrome/140.0.0.0 Safari/537.36",
    "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/signed-exchange;v=b3,*/*;q=0.8",
    "HTTP_FROM": "googlebot(at)googlebot.com",
}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The names of addresses, as a resolver would confirm them in a moment."""
    known: dict[str, str] = {}
    monkeypatch.setattr(
        gate._pending, "_held", HeldOffences(Verifier(lambda address: known.get(address, "")))
    )
    return known


def drain_until_told(log: Path) -> list[str]:
    """Drain turn by turn until nothing is held back; return the reasons of the lines."""

    def is_told() -> bool:
        gate.drain()
        return log.exists() and not gate._pending._held._held

    wait_until(is_told, "all lines")
    return [line.split(" reason=")[1].split(" ")[0] for line in log.read_text().splitlines()]


def test_planted_and_dead_links_never_ban_a_verified_crawler(
    database: str, log: Path, names: dict[str, str]
) -> None:
    """Ten planted links and forty dead pages: the same answers, and a reason of their own."""
    names["66.249.66.1"] = "crawl-66-249-66-1.googlebot.com"
    googlebot = Client(**GOOGLEBOT)
    statuses = [googlebot.get(path, secure=True).status_code for path in PLANTED]
    statuses += [googlebot.get(f"/dead-{number}", secure=True).status_code for number in range(40)]

    assert set(drain_until_told(log)) == {"crawler"}
    assert statuses == [403] * 12 + [404] * 40
    row = TrashIP.objects.get()
    assert (row.reason, row.count_hits, row.count_sensitive, row.count_404) == ("crawler", 52, 0, 0)


def test_a_crawler_of_ipv6_is_known_by_its_own_address(
    database: str, log: Path, names: dict[str, str]
) -> None:
    """Its /64, by which it is counted, has no name."""
    names["2001:db8:0:7::1"] = "crawl-1.googlebot.com"
    for path in PLANTED:
        Client(**{**GOOGLEBOT, "REMOTE_ADDR": "2001:db8:0:7::1"}).get(path, secure=True)

    assert set(drain_until_told(log)) == {"crawler"}
    assert TrashIP.objects.get().ip == "2001:db8:0:7::/64"


def test_who_only_says_to_be_a_crawler_is_told(database: str, log: Path, names: dict[str, str]) -> None:
    """As soon as the resolver has answered."""
    for path in PLANTED:
        Client(**{**GOOGLEBOT, "REMOTE_ADDR": MALLORY}).get(path, secure=True)

    assert drain_until_told(log) == ["sensitive_path"] * 12


def test_the_end_of_a_process_waits_for_no_resolver(
    database: str, log: Path, lost: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is unknown then is not banned: the worker that ends may have seen a real crawler a moment ago."""
    ended = threading.Event()

    def find(_address: str) -> str:
        assert ended.wait(60)
        return ""

    monkeypatch.setattr(gate._pending, "_held", HeldOffences(Verifier(find)))
    Client(**GOOGLEBOT).get("/.env", secure=True)
    gate.drain()
    Client(**GOOGLEBOT).get("/.git/config", secure=True)
    Client(REMOTE_ADDR=MALLORY).get("/.env", secure=True)
    monkeypatch.setattr(scheduler, "is_stopping", True)
    gate.drain()
    ended.set()

    assert [(address, reason) for address, reason, *_others in lines(log)] == [(MALLORY, "sensitive_path")]
    assert lost == [2]


def test_a_thread_that_hangs_tells_no_crawler(
    database: str, log: Path, names: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it is one is found out when the thread goes on; who is known to be none is told at once."""
    Client(**{**GOOGLEBOT, "REMOTE_ADDR": MALLORY}).get("/.env", secure=True)
    drain_until_told(log)
    monkeypatch.setattr(gate, "STALL_S", -1.0)
    for path in PLANTED:
        Client(**GOOGLEBOT).get(path, secure=True)
    Client(**{**GOOGLEBOT, "REMOTE_ADDR": MALLORY}).get("/.git/config", secure=True)

    assert [(found[0], found[3]) for found in lines(log)] == [(MALLORY, "/.env"), (MALLORY, "/.git/config")]


@pytest.mark.parametrize("ban", [True, False])
def test_addresses_of_one_ipv6_network_are_one_client(
    database: str, log: Path, settings: Any, ban: bool
) -> None:
    """225 requests from 25 addresses of a /64: one row, lines that name it, one ban, all are refused."""
    settings.TRASHIP_AUTO_BAN = ban
    asked = [Client(REMOTE_ADDR=f"2001:db8:0:7::{number:x}") for number in range(1, 26)]
    for number in range(225):
        asked[number % 25].get(f"/.env.{number}")
    gate.drain()
    banned.refresh()

    assert {found[0] for found in lines(log)} == {"2001:db8:0:7::/64"}
    assert len(lines(log)) == 225
    row = TrashIP.objects.get()
    assert (row.ip, row.count_sensitive, row.is_banned) == ("2001:db8:0:7::/64", 225, ban)
    assert Client(REMOTE_ADDR="2001:db8:0:7:ffff::").get("/ok/").status_code == (403 if ban else 200)
    assert Client(REMOTE_ADDR="2001:db8:0:8::1").get("/ok/").status_code == 200


def test_a_network_with_one_protected_address_has_no_line(database: str, log: Path, settings: Any) -> None:
    """The monitoring host lives beside the scanner: fail2ban would ban both."""
    settings.TRASHIP_NEVER_BAN = ["2001:db8:0:7::5"]
    settings.TRASHIP_AUTO_BAN = True
    for number in range(30):
        Client(REMOTE_ADDR=f"2001:db8:0:7::{number:x}").get(f"/.env.{number}")
    gate.drain()

    assert lines(log) == []
    assert not TrashIP.objects.get(ip="2001:db8:0:7::/64").is_banned


@pytest.fixture
def lost() -> Iterator[list[int]]:
    """The counts of the signal `dropped`."""
    told: list[int] = []

    def hear(count: int, **_others: Any) -> None:
        told.append(count)

    dropped.connect(hear)
    yield told
    dropped.disconnect(hear)


def test_offences_that_have_waited_too_long(
    client: Client, log: Path, lost: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a crowd they are dropped and counted, and fail2ban learns of sensitive paths."""
    for path in ("/nope-1", "/nope-2", "/.env", "/.git/config"):
        client.get(path)
    monkeypatch.setattr(gate, "LATE_S", -1.0)
    monkeypatch.setattr(gate, "CROWDED", 1)
    gate.drain()

    assert [path for *_others, path in lines(log)] == ["/.env", "/.git/config"]
    assert lost == [4]
    assert not TrashIP.objects.exists()


def test_late_offences_count_while_few_wait(
    client: Client, log: Path, lost: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a database that hung for a minute, or a clock that was set: lines, rows, bursts."""
    now = [1000.0]
    monkeypatch.setattr(gate, "monotonic", lambda: now[0])
    client.get("/.env")
    for number in range(25):
        client.get(f"/nope-{number}")
    monkeypatch.setattr(gate, "time", lambda: 0.0)
    client.get("/.git/config")
    now[0] += 3600
    gate.drain()

    reasons = [reason for _address, reason, *_others in lines(log)]
    assert (reasons.count("sensitive_path"), reasons.count("404_burst")) == (2, 10)
    assert TrashIP.objects.get().count_hits == 27
    assert lost == []


def test_late_offences_of_who_says_to_be_a_crawler(
    database: str, log: Path, names: dict[str, str], lost: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line only for who is known to be none; the others are asked about for the next time."""
    names.update(dict.fromkeys(("66.249.66.1", "66.249.66.2"), "crawl-1.googlebot.com"))
    Client(**GOOGLEBOT).get("/.env", secure=True)
    drain_until_told(log)
    monkeypatch.setattr(gate, "LATE_S", -1.0)
    monkeypatch.setattr(gate, "CROWDED", 1)

    def send() -> list[tuple[str, str]]:
        for address in ("66.249.66.1", "66.249.66.2", MALLORY):
            for number in range(40):
                Client(**{**GOOGLEBOT, "REMOTE_ADDR": address}).get(f"/.env{number}", secure=True)
        gate.drain()
        return [(found[0], found[1]) for found in lines(log)[1:]]

    assert set(send()) <= {(MALLORY, "sensitive_path")}
    verifier = gate._pending._held._verifier
    wait_until(lambda: verifier.recall("66.249.66.2") and verifier.recall(MALLORY) == "", "the answers")
    assert send() == [(MALLORY, "sensitive_path")] * 40
    assert lost == [120, 120]


def test_a_full_queue_bans_nobody_who_may_be_a_crawler(
    database: str, log: Path, names: dict[str, str], lost: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request writes the line of who is known to be none: the offence will not be judged later."""
    monkeypatch.setattr(gate, "PENDING_MAX", 1)
    for path in PLANTED:
        Client(**GOOGLEBOT).get(path, secure=True)
        Client(**{**GOOGLEBOT, "REMOTE_ADDR": MALLORY}).get(path, secure=True)
    assert lines(log) == []

    verifier = gate._pending._held._verifier
    wait_until(lambda: verifier.ask(MALLORY) == "", "the answer")
    for path in PLANTED:
        Client(**{**GOOGLEBOT, "REMOTE_ADDR": MALLORY}).get(path, secure=True)
    assert [found[:2] for found in lines(log)] == [(MALLORY, "sensitive_path")] * 12
    gate.drain()
    assert lost == [35]


def test_a_full_queue_loses_no_ban(
    client: Client, log: Path, lost: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flood of missing pages fills it: the request itself writes the line of a sensitive path."""
    monkeypatch.setattr(gate, "PENDING_MAX", 2)
    for path in ("/nope-1", "/nope-2", "/nope-3", "/.env"):
        client.get(path)

    assert [path for *_others, path in lines(log)] == ["/.env"]
    gate.drain()
    assert lost == [2]


def test_a_turn_ends_and_sensitive_paths_come_first(
    client: Client, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the time does not allow waits for the next turn; the thread does not hang meanwhile."""
    monkeypatch.setattr(gate, "TURN_S", -1.0)
    for path in ("/nope-1", "/nope-2", "/.env"):
        client.get(path)
    gate.drain()
    assert lines(log) == []

    monkeypatch.setattr(gate, "STALL_S", 3.0)
    client.get("/.git/config")
    assert lines(log) == []
    monkeypatch.setattr(gate, "TURN_S", 60.0)
    gate.drain()
    assert [path for *_others, path in lines(log)] == ["/.env", "/.git/config"]
    assert TrashIP.objects.get().last_path == "/nope-2"
