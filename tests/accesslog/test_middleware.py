"""The middleware: one row for each request that counts, and never a changed answer."""

from __future__ import annotations

import asyncio
import datetime
import io
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django import urls
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import FileResponse, HttpResponse, HttpResponseForbidden, StreamingHttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings

from ideolab_accesslog.access import recorder
from ideolab_accesslog.access.row import FIELDS, Row
from ideolab_accesslog.middleware import AccessLogMiddleware
from ideolab_accesslog.models import AccessLog, TrashIP
from ideolab_accesslog.traship import gate


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """What the middleware records, by field."""
    recorded: list[dict[str, Any]] = []

    def record(row: Row) -> None:
        recorded.append(dict(zip(FIELDS, row)))

    monkeypatch.setattr(recorder, "record", record)
    # the end of an answer is the end of a request for Django: it would look at the connections of other tests
    request_finished.disconnect(close_old_connections)
    yield recorded
    request_finished.connect(close_old_connections)


def answer(response: Any, **request: Any) -> Any:
    """The middleware round a view that returns `response`."""
    middleware = AccessLogMiddleware(lambda _request: response)
    return middleware(RequestFactory().generic(**{"method": "GET", "path": "/page/", **request}))


def test_every_field_of_the_seed(database: str) -> None:
    """From the request into the table."""
    Client().get(
        "/ok/?q=1",
        headers={
            "Host": "example.com",
            "Referer": "https://example.com/before",
            "User-Agent": "Mozilla/5.0",
            "Accept-Language": "fr",
            "X-Forwarded-For": "203.0.113.66",
        },
        REMOTE_ADDR="198.51.100.7",
    )
    assert recorder.flush()

    row = AccessLog.objects.values().get()
    assert abs(row.pop("ts") - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=1)
    assert 0 < row.pop("duration_ms") < 60000
    del row["id"]
    assert row == {
        "ip": "198.51.100.7",
        "forwarded_for": "203.0.113.66",
        "user_id": None,
        "session_key": "",
        "method": "GET",
        "host": "example.com",
        "path": "/ok/",
        "query_string": "q=1",
        "referer": "https://example.com/before",
        "user_agent": "Mozilla/5.0",
        "accept_language": "fr",
        "status_code": 200,
        "response_bytes": 12,
        "view_name": "tests.accesslog.urls.ok",
    }


def test_404_and_excluded_paths_are_not_logged(rows: list[dict[str, Any]]) -> None:
    """The default is what the seed calls useful requests."""
    for path in ("/nope/", "/static/a", "/ok/", "/robots.txt"):
        Client().get(path)

    assert [row["path"] for row in rows] == ["/ok/"]


def test_a_visitor_s_session_costs_no_query_and_no_vary(
    database: str, rows: list[dict[str, Any]], django_assert_num_queries: Any
) -> None:
    """A page that does not ask who it is stays cacheable."""
    client = Client()
    client.force_login(get_user_model().objects.create(username="bob"))
    with django_assert_num_queries(0):
        response = client.get("/ok/")

    assert "Vary" not in response.headers
    assert rows[0]["user_id"] is None


def test_a_visitor_whom_the_page_knows_is_named(database: str, rows: list[dict[str, Any]]) -> None:
    """By what the page already loaded; the session by a digest that opens nothing."""
    user = get_user_model().objects.create(username="bob", is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    with override_settings(ACCESSLOG_EXCLUDE_ADMIN=False):
        client.get("/admin/password_change/")

    assert rows[0]["user_id"] == user.pk
    assert len(rows[0]["session_key"]) == 32
    assert rows[0]["session_key"] != client.session.session_key


@pytest.mark.parametrize(("value", "text"), [(None, ""), (b"a", "a"), (7, "7"), (["a"], "['a']")])
def test_headers_that_are_no_text_are_logged_as_one(
    rows: list[dict[str, Any]], value: Any, text: str
) -> None:
    """Whatever a server or another middleware has put there; the request is served."""
    names = ("USER_AGENT", "REFERER", "HOST", "X_FORWARDED_FOR", "ACCEPT_LANGUAGE")
    request = RequestFactory().get("/page/")
    request.META.update({f"HTTP_{name}": value for name in names}, REMOTE_ADDR=value, QUERY_STRING=value)

    middleware: Any = AccessLogMiddleware(lambda _request: HttpResponse())
    assert middleware(request).status_code == 200
    assert {rows[0][name] for name in ("user_agent", "referer", "host", "query_string")} == {text}
    assert rows[0]["ip"] is None


@override_settings(ACCESSLOG_STATUS_CODES=[500])
def test_a_log_that_fails_hides_no_error_of_the_site(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither does a client that cannot be found."""
    monkeypatch.setattr(recorder, "record", lambda _row: 1 // 0)
    monkeypatch.setattr("ideolab_accesslog.middleware.find_direct", lambda _peer: 1 // 0)

    def fail(_request: Any) -> None:
        raise KeyError("the site's own")

    with pytest.raises(KeyError):
        AccessLogMiddleware(fail)(RequestFactory().get("/page/"))
    assert "a request was not logged" in caplog.text
    assert "the client of a request is unknown" in caplog.text


def test_a_head_has_no_bytes(rows: list[dict[str, Any]]) -> None:
    """Whatever the view made of it."""
    answer(HttpResponse("x" * 93), method="HEAD")

    assert rows[0]["response_bytes"] == 0


@pytest.mark.parametrize(
    ("length", "expected"), [("93", 93), ("-1", None), ("many", None), ("9" * 30, None), ("²", None)]
)
def test_the_declared_length_is_believed_where_it_is_one(
    rows: list[dict[str, Any]], length: str, expected: int | None
) -> None:
    """A proxying view passes on what it got."""
    response = HttpResponse("abc")
    response["Content-Length"] = length if length.isascii() else "x"
    answer(response)

    assert [row["response_bytes"] for row in rows] == [expected]


def test_a_stream_is_counted_and_timed_to_its_end(rows: list[dict[str, Any]]) -> None:
    """The row comes when the server closes the answer, once."""
    response = answer(StreamingHttpResponse(iter([b"aaa", "bbé", b""])))
    assert rows == []
    assert b"".join(response) == b"aaabb\xc3\xa9"
    response.close()
    response.close()

    assert [row["response_bytes"] for row in rows] == [7]


def test_a_stream_that_the_client_leaves_is_logged(rows: list[dict[str, Any]]) -> None:
    """With the bytes that were sent."""
    response = answer(StreamingHttpResponse(iter([b"aaa", b"bbb"])))
    next(iter(response))
    response.close()

    assert [row["response_bytes"] for row in rows] == [3]


def test_a_stream_that_breaks_is_logged(rows: list[dict[str, Any]]) -> None:
    """And its error reaches the server as before."""

    def parts() -> Iterator[bytes]:
        yield b"aaa"
        raise OSError("the disk")

    response = answer(StreamingHttpResponse(parts()))
    with pytest.raises(OSError, match="the disk"):
        b"".join(response)
    response.close()

    assert [row["response_bytes"] for row in rows] == [3]


def test_a_file_keeps_the_server_s_fast_way(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    """wsgi.file_wrapper still gets the file itself."""
    path = tmp_path / "file"
    path.write_bytes(b"x" * 5000)
    file = path.open("rb")
    response = answer(FileResponse(file))

    assert response.file_to_stream is file
    response.close()
    assert file.closed
    assert [row["response_bytes"] for row in rows] == [5000]


def test_an_exception_goes_through_and_is_a_500(rows: list[dict[str, Any]]) -> None:
    """Django answers it; the middleware only notes it."""

    def broken(_request: Any) -> Any:
        raise RuntimeError("the view failed")

    with override_settings(ACCESSLOG_STATUS_CODES=[200, 500]), pytest.raises(RuntimeError):
        AccessLogMiddleware(broken)(RequestFactory().get("/"))

    assert [(row["status_code"], row["response_bytes"]) for row in rows] == [(500, None)]


@override_settings(ACCESSLOG_STATUS_CODES=[500])
def test_a_failing_view_is_logged(rows: list[dict[str, Any]]) -> None:
    """Through the whole stack."""
    assert Client(raise_request_exception=False).get("/boom/").status_code == 500

    assert [(row["status_code"], row["view_name"]) for row in rows] == [(500, "tests.accesslog.urls.boom")]


def test_a_broken_log_changes_no_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The visitor gets the page."""

    def broken(_row: Row) -> None:
        raise RuntimeError("the log failed")

    monkeypatch.setattr(recorder, "record", broken)

    assert answer(HttpResponse("page")).content == b"page"
    assert caplog.messages == ["access log: a request was not logged"]


def test_a_blocked_request_does_not_reach_the_view(
    monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]
) -> None:
    """And it is logged where 403 is wanted."""
    monkeypatch.setattr(gate, "check_request", lambda _request, _client: HttpResponseForbidden("no"))
    with override_settings(ACCESSLOG_STATUS_CODES=[403]):
        response = answer(None)

    assert response.status_code == 403
    assert [(row["status_code"], row["response_bytes"]) for row in rows] == [(403, 2)]


def test_texts_are_bounded(rows: list[dict[str, Any]]) -> None:
    """A client can send kilobytes in each header."""
    long = "x" * 5000
    answer(
        HttpResponse(),
        path="/" + long,
        QUERY_STRING=long,
        **{f"HTTP_{name}": long for name in ("X_FORWARDED_FOR", "HOST", "REFERER", "USER_AGENT")},
        HTTP_ACCEPT_LANGUAGE=long,
    )

    row = rows[0]
    names = ("path", "query_string", "forwarded_for", "host", "referer", "user_agent", "accept_language")
    assert [len(row[name]) for name in names] == [1024, 1024, 255, 255, 1024, 512, 128]


@pytest.mark.parametrize("path", ["/async/", "/ok/"])
def test_asgi(path: str, rows: list[dict[str, Any]]) -> None:
    """Asynchronous and synchronous views alike."""
    response = asyncio.run(AsyncClient().get(path))

    assert response.status_code == 200
    assert [(row["path"], row["response_bytes"]) for row in rows] == [(path, 12)]


def test_asgi_blocks_too(monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]) -> None:
    """Before the view, without a thread."""
    monkeypatch.setattr(gate, "check_request", lambda _request, _client: HttpResponseForbidden("no"))

    assert asyncio.run(AsyncClient().get("/async/")).status_code == 403


def test_asgi_keeps_an_exception() -> None:
    """The same as the synchronous way."""

    async def broken(_request: Any) -> Any:
        raise RuntimeError("the view failed")

    middleware: Any = AccessLogMiddleware(broken)
    with pytest.raises(RuntimeError):
        asyncio.run(middleware(RequestFactory().get("/")))


def test_asgi_counts_a_stream_that_the_client_leaves(rows: list[dict[str, Any]]) -> None:
    """Django ends the generator and never calls close()."""

    async def parts() -> Any:
        for part in (b"aaa", b"bbb"):
            yield part

    async def view(_request: Any) -> Any:
        return StreamingHttpResponse(parts())

    async def visit() -> None:
        middleware: Any = AccessLogMiddleware(view)
        response = await middleware(RequestFactory().get("/"))
        content = response.streaming_content
        assert await content.__anext__() == b"aaa"
        await content.aclose()

    asyncio.run(visit())

    assert [row["response_bytes"] for row in rows] == [3]


@pytest.mark.parametrize("sink", ["queue", "direct"])
def test_asgi_never_asks_the_database_in_the_event_loop(
    sink: str, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Django refuses that with SynchronousOnlyOperation; the rows wait for the thread."""
    with override_settings(ACCESSLOG_SINK=sink):
        asyncio.run(AsyncClient().get("/async/"))

        assert recorder.counts() == {"waiting": 1, "written": 0, "dropped": 0}
        assert recorder.flush()
    assert caplog.messages == []
    assert AccessLog.objects.count() == 1


@override_settings(ACCESSLOG_STATUS_CODES=[200, 500])
@pytest.mark.parametrize("sink", ["queue", "spool", "direct"])
def test_rows_survive_a_rollback_of_the_request(sink: str, database: str, tmp_path: Path) -> None:
    """ATOMIC_REQUESTS takes back what the view did, not that it was asked."""
    from django.db import connections

    connections["default"].settings_dict["ATOMIC_REQUESTS"] = True
    with override_settings(ACCESSLOG_SINK=sink, ACCESSLOG_SPOOL=str(tmp_path)):
        Client(raise_request_exception=False).get("/boom/")
        assert recorder.flush()

    assert AccessLog.objects.get().status_code == 500


def test_a_request_without_a_body_of_its_own_is_one(rows: list[dict[str, Any]]) -> None:
    """A server need not send QUERY_STRING nor any header (PEP 3333)."""
    from django.core.handlers.wsgi import WSGIRequest

    request = WSGIRequest({"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO()})
    AccessLogMiddleware(lambda _request: HttpResponse("x"))(request)

    assert [(row["ip"], row["query_string"]) for row in rows] == [(None, "")]


@pytest.mark.parametrize("path", ["/ok/", "/.env"])
def test_switched_off_it_is_not_there(path: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request goes through untouched: no client is looked for, nothing is refused."""
    settings.ACCESSLOG_ENABLED = settings.TRASHIP_ENABLED = False
    monkeypatch.setattr("ideolab_accesslog.middleware.find_client", None)
    response = HttpResponse("the site's")
    request = RequestFactory().get(path)

    async def view(_request: Any) -> HttpResponse:
        return response

    assert AccessLogMiddleware(lambda _request: response)(request) is response
    assert asyncio.run(AccessLogMiddleware(view)(request)) is response  # type: ignore[arg-type]


def test_beside_tests_a_stream_stays_as_it_is(settings: Any) -> None:
    """Its iterator is the site's own: a test may look at it."""
    settings.ACCESSLOG_TESTING = True
    parts = iter([b"a"])
    response = answer(StreamingHttpResponse(parts))

    assert response._iterator is parts
    assert response._resource_closers == []


def test_what_is_no_response_passes(rows: list[dict[str, Any]]) -> None:
    """Django has words of its own for a middleware that returns None."""
    assert answer(None) is None
    assert rows == []


def _backoffice() -> Any:
    """Two AdminSites at prefixes of their own, and an app that only happens to be called so."""
    from django.contrib.admin import AdminSite

    module = types.ModuleType("backoffice")
    page = urls.path("admin/help/", lambda _request: HttpResponse("help"))
    module.urlpatterns = [  # type: ignore[attr-defined]
        urls.path("backoffice/", AdminSite("backoffice").urls),
        urls.path("second/", AdminSite("second").urls),
        page,
    ]
    return module


def _ask(where: str, **settings: Any) -> None:
    with override_settings(ROOT_URLCONF=_backoffice(), **settings):
        assert Client().get(where).status_code == 200


def test_pages_of_the_admin_are_not_logged(rows: list[dict[str, Any]], db: None) -> None:
    """At any prefix, of each AdminSite, below a SCRIPT_NAME; other pages are logged."""
    Client().get("/admin/login/")
    _ask("/backoffice/login/")
    _ask("/second/login/")
    with override_settings(FORCE_SCRIPT_NAME="/below"):
        Client().get("/admin/login/", SCRIPT_NAME="/below")
    _ask("/admin/help/")
    assert [row["path"] for row in rows] == ["/admin/help/"]


def test_pages_of_the_admin_are_logged_on_demand(rows: list[dict[str, Any]], db: None) -> None:
    """With the setting off, as any other page."""
    _ask("/backoffice/login/", ACCESSLOG_EXCLUDE_ADMIN=False)
    assert [row["path"] for row in rows] == ["/backoffice/login/"]


def test_a_site_without_djangos_admin_may_have_its_own(rows: list[dict[str, Any]]) -> None:
    """Its app is called `admin`, and its pages are logged."""
    module = types.ModuleType("own")
    own = ([urls.path("", lambda _request: HttpResponse("own"))], "admin")
    module.urlpatterns = [urls.path("admin/", urls.include(own))]  # type: ignore[attr-defined]
    names = [name for name in settings.INSTALLED_APPS if name != "django.contrib.admin"]
    with override_settings(ROOT_URLCONF=module, INSTALLED_APPS=names):
        Client().get("/admin/")
    assert [row["path"] for row in rows] == ["/admin/"]


def test_who_scans_below_the_admin_is_still_judged(rows: list[dict[str, Any]], db: None) -> None:
    """Only the access log leaves the admin out: a sensitive path below it is refused and counted."""
    with override_settings(ACCESSLOG_STATUS_CODES=[200, 403]):
        assert Client().get("/admin/.env", REMOTE_ADDR="198.51.100.7").status_code == 403
    gate.drain()
    assert [(row["path"], row["status_code"]) for row in rows] == [("/admin/.env", 403)]
    assert TrashIP.objects.get(ip="198.51.100.7").count_sensitive == 1
