"""Which missing pages make a burst: not those that the site's own views miss, and not those of its users."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import include, path, re_path

from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.traship import banned, gate

ADDRESS = "198.51.100.66"
#: the jail's maxretry
JAIL = 10


def miss(_request: HttpRequest, **_words: Any) -> HttpResponse:
    """Say that the object is gone, as get_object_or_404 does."""
    raise Http404


def miss_as_json(_request: HttpRequest, **_words: Any) -> HttpResponse:
    """Say so without an exception, as an API does."""
    return JsonResponse({"detail": "Not found."}, status=404)


def miss_as_a_user(request: HttpRequest) -> HttpResponse:
    """Say so after a look at who asks."""
    return HttpResponse(f"no page for {request.user}", status=404)


def not_found(_request: HttpRequest, **_words: Any) -> HttpResponse:
    """Answer missing pages with JSON, too."""
    return JsonResponse({"detail": "Not found."}, status=404)


handler404 = not_found
_API = [path("item/<int:pk>/", miss), re_path(r"^order/(?P<pk>\d+)/$", miss_as_json)]
urlpatterns = [
    path("api/", include(_API)),
    path("gone/<uuid:pk>/", miss_as_json),
    *(path(f"project/<int:pk>/{number}/", miss) for number in range(60)),
    path("pages/<path:rest>", miss),
    re_path(r"^me/.*$", miss_as_a_user),
    path("<slug:slug>/", miss),
]

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def log(tmp_path: Path) -> Iterator[Path]:
    """A log of its own on a site with these pages, and nothing left of other tests."""
    gate.forget("CACHES")
    written = tmp_path / "traship.log"
    with override_settings(TRASHIP_LOG=str(written), ROOT_URLCONF=__name__):
        yield written
    gate.forget("CACHES")
    banned.forget()


def ask(client: Client, *paths: str) -> None:
    assert {client.get(one).status_code for one in paths} == {404}
    gate.drain()


def lines(log: Path) -> int:
    return log.read_text().count("\n") if log.exists() else 0


def anybody() -> Client:
    return Client(REMOTE_ADDR=ADDRESS)


def logged_in(name: str = "ann") -> Client:
    client = Client(REMOTE_ADDR=ADDRESS)
    client.force_login(get_user_model().objects.create_user(name))
    return client


NOBODYS = tuple(f"/nope/{number}/" for number in range(35))
WORDS = tuple(f"/word{number}/" for number in range(35))


@pytest.mark.parametrize(
    "paths",
    [
        [f"/api/item/{number}/" for number in range(35)],
        [f"/api/order/{number}/" for number in range(300)],
        [f"/gone/{UUID(int=number)}/" for number in range(35)],
        # everything about one project that is gone
        [f"/project/7/{number}/" for number in range(60)],
    ],
    ids=["item", "order", "uuid", "sixty patterns"],
)
def test_an_api_whose_objects_are_gone_bans_nobody(log: Path, paths: list[str]) -> None:
    """Its view has answered; the row counts them, and no line is written."""
    ask(anybody(), *paths)

    assert lines(log) == 0
    assert TrashIP.objects.get().count_404 == len(paths)


@pytest.mark.parametrize(
    "paths",
    [NOBODYS, WORDS, [f"/pages/a/{number}" for number in range(35)]],
    ids=["no pattern", "a pattern that takes each word", "a pattern that takes each path"],
)
def test_paths_that_nobody_has_are_a_burst(log: Path, paths: list[str]) -> None:
    """As fast as ever, also on a site with a pattern that takes whatever is asked for."""
    ask(anybody(), *paths)

    assert lines(log) == 16


#: a page of another site in the Referer, as a site has that changes the host
FOREIGN = {"HTTP_REFERER": "https://site.example/app/", "HTTP_USER_AGENT": "Mozilla/5.0 Firefox/140"}


def test_pages_that_another_site_can_cause_have_no_more_lines(log: Path) -> None:
    """Lines of cross_site stand only where others would: for what nobody has, asked for by no user."""
    for number in range(35):
        anybody().get(f"/api/item/{number}/", **FOREIGN)
        assert gate._pending._missing[-1].offence.excuse == "cross_site"
    gate.drain()
    assert (lines(log), TrashIP.objects.get().reason) == (0, "cross_site")

    user = logged_in()
    for one in NOBODYS:
        user.get(one, **FOREIGN)
    gate.drain()
    assert lines(log) == 0

    for one in NOBODYS:
        anybody().get(one, **FOREIGN)
    gate.drain()
    assert lines(log) == 16


def test_a_sites_own_404s_weigh_a_quarter_of_a_burst(log: Path) -> None:
    """However many: fourteen pages that nobody has are none yet, the fifteenth is."""
    client = anybody()
    ask(client, *(f"/project/7/{number}/" for number in range(60)), *NOBODYS[:14])
    assert lines(log) == 0

    ask(client, *NOBODYS[14:16])
    assert lines(log) == 2


def test_polling_an_object_that_is_gone_lowers_no_limit(log: Path) -> None:
    """TRASHIP_404_THRESHOLD counts what nobody has."""
    client = anybody()
    ask(client, *["/api/item/7/"] * 250, *NOBODYS[:8])

    assert lines(log) == 0


def test_no_ban_follows_from_a_sites_own_404s(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """TRASHIP_AUTO_BAN neither."""
    settings.TRASHIP_AUTO_BAN = True
    bans: list[Any] = []
    monkeypatch.setattr(calls, "ban", lambda addresses, **_words: bans.append(addresses))
    ask(anybody(), *(f"/project/7/{number}/" for number in range(60)), *["/api/item/7/"] * 250)

    assert bans == []


def test_allowed_paths_are_no_offence_of_any_kind(log: Path, settings: Any) -> None:
    """Neither missing ones nor sensitive ones; what climbs out of them is."""
    settings.TRASHIP_ALLOW_PATHS = ["/nope/"]
    ask(anybody(), *NOBODYS, "/nope/.env", "/nope/index.php")
    assert (lines(log), TrashIP.objects.count()) == (0, 0)

    assert anybody().get("/nope/../.env").status_code == 403
    gate.drain()
    assert lines(log) == 1


@pytest.mark.parametrize(
    "engine",
    [
        "django.contrib.sessions.backends.db",
        "django.contrib.sessions.backends.cache",
        "django.contrib.sessions.backends.cached_db",
        "django.contrib.sessions.backends.signed_cookies",
    ],
)
def test_missing_pages_of_users_are_no_burst(
    log: Path, settings: Any, engine: str, django_assert_num_queries: Any
) -> None:
    """No view has asked who they are, and no request does."""
    settings.SESSION_ENGINE = engine
    client = logged_in()
    with django_assert_num_queries(0):
        responses = [client.get(one) for one in NOBODYS]
    gate.drain()

    assert [response.headers.get("Vary") for response in responses] == [None] * 35
    assert (lines(log), TrashIP.objects.count()) == (0, 0)
    # the session is as it was
    assert client.get("/me/").content == b"no page for ann"


def test_users_whom_the_view_knows_are_spared_as_well(log: Path) -> None:
    """Without a question to the database."""
    ask(logged_in(), *(f"/me/{number}" for number in range(35)))

    assert (lines(log), TrashIP.objects.count()) == (0, 0)


def test_users_are_not_spared_sensitive_paths(log: Path) -> None:
    """An account proves nobody's good will."""
    client = logged_in()
    statuses = {client.get(f"/.git/{number}").status_code for number in range(JAIL)}
    gate.drain()

    assert statuses == {403}
    assert lines(log) == JAIL


def test_users_count_where_anybody_can_be_one(log: Path, settings: Any) -> None:
    """TRASHIP_SPARE_USERS off."""
    settings.TRASHIP_SPARE_USERS = False
    client = logged_in()
    ask(client, *NOBODYS)
    assert lines(log) == 16


def test_a_session_that_is_no_cookie_is_not_kept(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client could have 20,000 of them wait; browsers keep no cookie of that length."""
    kept: list[str] = []
    monkeypatch.setattr(gate._pending, "add", lambda offence: kept.append(offence.session))
    client = anybody()
    for length in (gate.SESSION_MAX, gate.SESSION_MAX + 1, 60_000):
        client.cookies[django_settings.SESSION_COOKIE_NAME] = "a" * length
        client.get(NOBODYS[0])

    assert [len(session) for session in kept] == [gate.SESSION_MAX, 0, 0]


def _forged(client: Client) -> None:
    client.cookies[django_settings.SESSION_COOKIE_NAME] = "a" * 32


def _logged_out(client: Client) -> None:
    key = client.session.session_key
    client.logout()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = str(key)


def _inactive(_client: Client) -> None:
    get_user_model().objects.update(is_active=False)


def _deleted(_client: Client) -> None:
    get_user_model().objects.all().delete()


def _with_another_password(_client: Client) -> None:
    user = get_user_model().objects.get()
    user.set_password("another")
    user.save()


@pytest.mark.parametrize("change", [_forged, _logged_out, _inactive, _deleted, _with_another_password])
def test_a_cookie_alone_spares_nobody(log: Path, change: Any) -> None:
    """The site's session and the row of its user must say it."""
    client = logged_in()
    change(client)
    ask(client, *NOBODYS)

    assert lines(log) == 16


def test_a_neighbour_of_a_user_counts_as_before(log: Path) -> None:
    """One address, two clients: the user's pages are no points of the other's burst."""
    user, neighbour = logged_in(), anybody()
    ask(user, *NOBODYS)
    ask(neighbour, *WORDS[:19])
    assert lines(log) == 0

    ask(neighbour, *WORDS[19:])
    assert lines(log) == 16


async def _ask_in_a_loop(client: AsyncClient) -> list[int]:
    return [(await client.get(one)).status_code for one in NOBODYS]


def test_asgi(log: Path) -> None:
    """The same in an event loop, where a query would be an error."""
    from asgiref.sync import async_to_sync

    client = AsyncClient(REMOTE_ADDR=ADDRESS)
    client.cookies = logged_in().cookies
    assert set(async_to_sync(_ask_in_a_loop)(client)) == {404}
    gate.drain()

    assert (lines(log), TrashIP.objects.count()) == (0, 0)


def test_no_log_sees_the_key_of_a_session(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record of a line has the offence, which any handler may print."""
    from ideolab_accesslog.traship import log as lines_log

    seen: list[str] = []
    monkeypatch.setattr(lines_log, "write", lambda offence: seen.append(repr(offence)))
    client = anybody()
    _forged(client)
    ask(client, *NOBODYS)

    assert len(seen) == 16
    assert not any("aaaa" in text for text in seen)


def test_an_anonymous_user_is_no_user(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As AuthenticationMiddleware and DRF set one."""
    monkeypatch.setattr(HttpRequest, "user", AnonymousUser(), raising=False)
    ask(anybody(), *NOBODYS)

    assert lines(log) == 16
