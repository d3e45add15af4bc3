"""The pages in a real browser, under a strict policy, light and dark, English and French."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from ideolab_accesslog.models import AccessLog, FirewallActionLog, OffenceLog, TrashIP
from tests.accesslog.browser import chromium, served

pytestmark = pytest.mark.needs("chromium")

LOCALE = "django.middleware.locale.LocaleMiddleware"
TRASH = "admin:ideolab_accesslog_traship_"
#: where pictures for the docs go; unset: a temporary directory
PICTURES = os.environ.get("ACCESSLOG_PICTURES")
PATHS = ("/wp-login.php", "/.env", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/old-page")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return Path(PICTURES) if PICTURES else tmp_path


@pytest.fixture
def live_server(settings: Any) -> Iterator[LiveServer]:
    """As pytest-django's own, which would keep the middleware of the first test that asks for it."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, LOCALE, "tests.accesslog.strict.policy"]
    with served() as server:
        yield server


@pytest.fixture
def visit(browser: Any, live_server: LiveServer, transactional_db: None) -> Iterator[Any]:
    """A function that opens a page as the superuser; what the console says must be nothing."""
    user = User.objects.create_superuser("alice")
    client = Client()
    client.force_login(user)
    opened, said = [], []

    def open_page(path: str, scheme: str = "light", locale: str = "en-GB") -> Any:
        context = browser.new_context(
            viewport={"width": 1280, "height": 1000}, color_scheme=scheme, locale=locale
        )
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: _no_other_host(request.url, live_server.url, said))
        opened.append(context)
        page.goto(live_server.url + path)
        return page

    yield open_page
    for context in opened:
        context.close()
    assert said == []


def _no_other_host(url: str, base: str, said: list[str]) -> None:
    if not url.startswith((base, "data:")):
        said.append(f"asked another host: {url}")


@pytest.fixture
def scanned(transactional_db: None) -> None:
    """A week with scanners, bans and a visitor."""
    now = timezone.now()
    for number in range(1, 13):
        TrashIP.objects.create(
            ip=f"198.51.100.{number}",
            reason="404_burst" if number % 3 else "sensitive_path",
            count_hits=number * 90,
            count_404=number * 70,
            count_sensitive=number * 11 if number % 3 == 0 else 0,
            last_path=PATHS[number % 4],
            last_user_agent="Mozilla/5.0 zgrab/0.x",
            last_seen=now - timedelta(minutes=7 * number),
            is_banned=number % 2 == 0,
            ban_until=now + timedelta(hours=number) if number % 4 else None,
            iptables_applied=number % 4 == 0,
            ban_reason="scan" if number % 2 == 0 else "",
        )
    for ago in range(14):
        for number in range((ago * 7) % 9 + 1):
            for action in ("ban", "unban") if number % 3 == 0 else ("ban",):
                FirewallActionLog.objects.create(
                    ts=now - timedelta(days=ago, minutes=number),
                    batch=uuid.uuid4(),
                    actor_name="alice",
                    action=action,
                    ip=f"198.51.100.{number + 1}",
                    bantime=86400 if action == "ban" else None,
                    state="done",
                    rc=0,
                    reason="scan",
                    duration_ms=21.0,
                )
    for number, (path, rule) in enumerate(zip(PATHS, ("wordpress", "dotfile", "phpunit", ""))):
        for address in ("198.51.100.1", "198.51.100.2"):
            OffenceLog.objects.create(
                ts=now - timedelta(seconds=71 * number),
                ip=address,
                client_ip=address,
                reason="sensitive_path" if rule else "404_burst",
                rule=rule,
                method="GET",
                path=path,
                status_code=403 if rule else 404,
                user_agent="Mozilla/5.0 zgrab/0.x",
            )
    for number in range(30):
        AccessLog.objects.create(
            ts=now - timedelta(minutes=number),
            ip="198.51.100.2",
            path=f"/articles/{number}/",
            method="GET",
            status_code=200,
            duration_ms=12.5 + number,
            view_name="article",
            user_agent="Firefox",
        )


@pytest.mark.parametrize(("scheme", "locale"), [("light", "en-GB"), ("dark", "fr-FR")])
def test_statistics_are_drawn(visit: Any, scanned: None, pictures: Path, scheme: str, locale: str) -> None:
    """The chart has pixels in it, in both themes, and its words are those of the visitor's language."""
    page = visit(reverse(f"{TRASH}stats") + "?days=30", scheme, locale)
    page.wait_for_function("() => Chart.getChart('ideolab-chart') !== undefined")
    drawn = page.evaluate(
        "() => new Set(document.getElementById('ideolab-chart').getContext('2d')"
        ".getImageData(0, 0, 800, 200).data).size"
    )
    assert drawn > 10
    heading = page.inner_text("#content-main h2 >> nth=0")
    assert heading.lower() == (
        "bans and unbans a day" if locale == "en-GB" else "bannissements et levées par jour"
    )
    page.screenshot(path=pictures / f"django-stats{'' if scheme == 'light' else '-dark'}.png")


def test_the_chart_follows_the_switch_of_the_theme(visit: Any, scanned: None) -> None:
    """The admin's own button changes the colours of the axes too."""
    page = visit(reverse(f"{TRASH}stats"))
    page.wait_for_function("() => Chart.getChart('ideolab-chart') !== undefined")
    colour = "() => Chart.getChart('ideolab-chart').options.scales.y.ticks.color"
    before = page.evaluate(colour)
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    page.wait_for_function(f"before => ({colour})() !== before", arg=before)


def test_a_ban_by_clicks(visit: Any, scanned: None, pictures: Path) -> None:
    """Tick, choose, confirm: the row is banned, the audit says who."""
    page = visit(reverse(f"{TRASH}changelist"))
    page.screenshot(path=pictures / "django-traship.png")
    page.check("tr:has(a:text-is('198.51.100.1')) input.action-select")
    page.select_option("select[name=action]", "ban_24h")
    page.click("button[name=index]")
    page.fill("#id_reason", "path scan")
    page.screenshot(path=pictures / "django-confirm.png")
    page.click("input[type=submit].default")
    page.wait_for_selector(".messagelist")
    assert "1 address banned; the site answers 403; " in page.inner_text(".messagelist")
    row = TrashIP.objects.get(ip="198.51.100.1")
    assert (row.is_banned, row.ban_reason) == (True, "path scan")
    assert FirewallActionLog.objects.filter(ip=row.ip, actor_name="alice", reason="path scan").count() == 1


def test_the_labels_of_the_chart_are_few(visit: Any, scanned: None) -> None:
    """Ninety days have at most eight labels that do not overlap, on a telephone fewer."""
    page = visit(reverse(f"{TRASH}stats") + "?days=90")
    page.wait_for_function("() => Chart.getChart('ideolab-chart') !== undefined")
    labels = "() => Chart.getChart('ideolab-chart').scales.x.ticks.map(tick => tick.label)"
    wide = page.evaluate(labels)
    assert 4 <= len(wide) <= 8
    assert all(len(label) <= 7 for label in wide)
    page.set_viewport_size({"width": 390, "height": 800})
    page.wait_for_function(f"before => ({labels})().length < before", arg=len(wide))


def test_the_traffic_is_drawn(visit: Any, scanned: None, pictures: Path) -> None:
    """Requests and visitors; errors are said to be unknown, because the default does not log them."""
    page = visit(reverse(f"{TRASH}traffic"), "dark", "fr-FR")
    page.wait_for_function("() => Chart.getChart('ideolab-chart') !== undefined")
    sets = page.evaluate("() => Chart.getChart('ideolab-chart').data.datasets.map(set => set.label)")
    assert sets == ["Requêtes", "Visiteurs"]
    assert page.inner_text(".ideolab-numbers").count("non journalisé") == 2
    page.screenshot(path=pictures / "django-traffic.png")


def test_a_ban_on_the_page_of_an_address(visit: Any, scanned: None, pictures: Path) -> None:
    """One click, a question, and the same page with the ban at the top of its timeline."""
    page = visit(reverse(f"{TRASH}address", args=["198.51.100.1"]))
    page.fill("#id_reason", "path scan")
    page.click("button[value='7d']")
    assert page.input_value("#id_reason") == "path scan"
    page.click(".ideolab-form [type=submit]")
    page.wait_for_selector(".messagelist")
    assert page.inner_text(".ideolab-timeline li >> nth=0").split()[2:4] == ["ban", "alice"]
    assert TrashIP.objects.get(ip="198.51.100.1").ban_reason == "path scan"
    page.screenshot(path=pictures / "django-address.png")


@pytest.mark.parametrize(
    ("name", "arguments"), [("address", ["198.51.100.2"]), ("traffic", []), ("ban", []), ("changelist", [])]
)
def test_pages_fit_a_telephone(visit: Any, scanned: None, name: str, arguments: list[str]) -> None:
    """Wide tables scroll inside their card; the page itself does not."""
    page = visit(reverse(TRASH + name, args=arguments))
    page.set_viewport_size({"width": 420, "height": 800})
    if name != "changelist":
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 420
    assert page.inner_text("#content h1") != ""


def test_the_access_log(visit: Any, scanned: None, pictures: Path) -> None:
    """The list of requests, filtered by what has no index of its own in the page."""
    page = visit(reverse("admin:ideolab_accesslog_accesslog_changelist") + "?q=198.51.100.0%2F24")
    page.screenshot(path=pictures / "django-accesslog.png")
    assert page.locator("#result_list tbody tr").count() == 30


def test_days_are_chosen_by_a_form(visit: Any, scanned: None) -> None:
    """Without a script, with the filters that are in force; "All" ends it."""
    page = visit(reverse("admin:ideolab_accesslog_firewallactionlog_changelist") + "?action__exact=unban")
    day = timezone.localtime(timezone.now() - timedelta(days=3))
    expected = FirewallActionLog.objects.filter(action="unban", ts__date=day.date()).count()
    assert expected > 0
    for name in ("period_from", "period_to"):
        page.fill(f"input[name={name}]", f"{day:%Y-%m-%d}")
    page.click(".ideolab-days button")
    page.wait_for_url("**period_from=**")
    assert page.locator("#result_list tbody tr").count() == expected
    assert page.input_value("input[name=period_to]") == f"{day:%Y-%m-%d}"
    page.click("#changelist-filter a[href='?action__exact=unban']:text-is('All') >> nth=0")
    page.wait_for_url(lambda url: "period" not in url)
    assert page.input_value("input[name=period_to]") == ""


def test_all_rows_are_exported_by_clicks(visit: Any, scanned: None) -> None:
    """Tick the page, then all pages; the file has them all, and its name says which they are."""
    AccessLog.objects.bulk_create(
        AccessLog(ip="203.0.113.9", path=f"/{number}", method="GET", status_code=200) for number in range(120)
    )
    page = visit(reverse("admin:ideolab_accesslog_accesslog_changelist") + "?q=203.0.113.9")
    page.check("#action-toggle")
    page.click(".actions .question a")
    page.select_option("select[name=action]", "export_csv")
    with page.expect_download() as waiting:
        page.click("button[name=index]")
    found = Path(waiting.value.path()).read_text().splitlines()
    assert len(found) == 121
    assert waiting.value.suggested_filename.startswith("accesslog-q_203.0.113.9-")
