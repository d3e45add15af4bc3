"""Streams through Django's own handlers, to their end or not: each request leaves one row and no more."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from typing import Any, Optional

import django
import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path

from ideolab_accesslog.access import recorder, response_size
from ideolab_accesslog.access.row import FIELDS, Row
from ideolab_accesslog.middleware import AccessLogMiddleware

PART = b"x" * 10
WAIT_S = 60
#: Django 4.2 does not listen for a client that leaves: an ASGI server may cancel its task, or nobody does
hears_clients = pytest.mark.skipif(django.VERSION < (5, 0), reason="Django cancels no view")
#: what has been closed: generators and files
closed: list[str] = []
#: lets go whoever waits in `wait_in_a_thread`
go_on = threading.Event()
#: one of those views has been asked
reached = threading.Event()


async def parts(count: int, error: Optional[Exception] = None) -> AsyncIterator[bytes]:
    try:
        for _ in range(count):
            yield PART
            await asyncio.sleep(0)
        if error is not None:
            raise error
    finally:
        closed.append("parts")


def sync_parts(count: int, error: Optional[Exception] = None) -> Iterator[bytes]:
    try:
        for _ in range(count):
            yield PART
        if error is not None:
            raise error
    finally:
        closed.append("parts")


class File:
    """A pipe of thirty bytes, which may break."""

    def __init__(self, error: Optional[OSError] = None) -> None:
        self._error = error
        self._left = 3

    def read(self, _size: int = -1) -> bytes:
        """Return ten bytes."""
        if self._error is not None and self._left == 1:
            raise self._error
        self._left -= 1
        return PART if self._left >= 0 else b""

    def close(self) -> None:
        """End as other files do."""
        closed.append("file")


async def whole(_request: HttpRequest) -> StreamingHttpResponse:
    """Three parts of an asynchronous generator."""
    return StreamingHttpResponse(parts(3))


async def broken(_request: HttpRequest) -> StreamingHttpResponse:
    """Three parts and an error."""
    return StreamingHttpResponse(parts(3, RuntimeError("mid-stream")))


async def endless(_request: HttpRequest) -> StreamingHttpResponse:
    """Parts until the client leaves."""
    return StreamingHttpResponse(parts(10**9))


def sync_whole(_request: HttpRequest) -> StreamingHttpResponse:
    """Three parts of a generator."""
    return StreamingHttpResponse(sync_parts(3))


def sync_broken(_request: HttpRequest) -> StreamingHttpResponse:
    """Three parts and an error."""
    return StreamingHttpResponse(sync_parts(3, RuntimeError("mid-stream")))


def file(_request: HttpRequest) -> FileResponse:
    """A file."""
    return FileResponse(File())


def broken_file(_request: HttpRequest) -> FileResponse:
    """A file whose disk breaks."""
    return FileResponse(File(OSError("the disk")))


async def fail(_request: HttpRequest) -> HttpResponse:
    """Raise before there is an answer."""
    raise RuntimeError("the view failed")


async def wait(_request: HttpRequest) -> HttpResponse:
    """Wait for longer than the client does."""
    reached.set()
    await asyncio.sleep(WAIT_S)
    return HttpResponse()


def wait_in_a_thread(_request: HttpRequest) -> HttpResponse:
    """The same, where no cancellation reaches."""
    reached.set()
    go_on.wait(WAIT_S)
    return StreamingHttpResponse(sync_parts(3))


_VIEWS = (whole, broken, endless, sync_whole, sync_broken, file, broken_file, fail, wait, wait_in_a_thread)
urlpatterns = [path(f"{view.__name__}/", view) for view in _VIEWS]


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, Optional[int]]]]:
    """Status and bytes of each row, on a site that logs every status."""
    recorded: list[tuple[int, Optional[int]]] = []

    def record(row: Row) -> None:
        fields = dict(zip(FIELDS, row))
        recorded.append((fields["status_code"], fields["response_bytes"]))

    monkeypatch.setattr(recorder, "record", record)
    # a request looks at the connections of other tests, at its start and at its end
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    closed.clear()
    go_on.clear()
    reached.clear()
    with override_settings(ROOT_URLCONF=__name__, ACCESSLOG_STATUS_CODES=list(range(100, 600))):
        yield recorded
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def visit(view: Any, method: str = "GET", parts_read: Optional[int] = None) -> list[bytes]:
    """Ask by ASGI; the client leaves after so many parts, None: never. Errors of the site are swallowed."""
    with warnings.catch_warnings():
        # Django closes neither the body of a request nor the answer when a stream breaks
        warnings.simplefilter("ignore", ResourceWarning)
        read = asyncio.run(_visit(view, method, parts_read))
        gc.collect()
    return read


async def _visit(view: Any, method: str, parts_read: Optional[int]) -> list[bytes]:
    scope = {
        **{"type": "http", "method": method, "path": f"/{view.__name__}/", "query_string": b""},
        **{"headers": [(b"host", b"testserver")], "client": ("198.51.100.7", 5), "asgi": {"version": "3.0"}},
    }
    left = asyncio.Event()
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": b""}]
    read: list[bytes] = []

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body" and not left.is_set():
            read.append(message.get("body", b""))
        if len(read) == parts_read:
            left.set()
            # as a socket that is full: here the handler is cancelled
            await asyncio.sleep(WAIT_S)

    async def leave_early() -> None:
        while not reached.is_set():
            await asyncio.sleep(0.01)
        left.set()
        for _turn in range(50):
            # the handler cancels the view before the view goes on
            await asyncio.sleep(0)
        go_on.set()

    early = [asyncio.ensure_future(leave_early())] if parts_read == 0 else []
    # the view's own, as the server sees it
    with contextlib.suppress(RuntimeError, OSError):
        await ASGIHandler()(scope, receive, send)
    await asyncio.gather(*early)
    return read


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize(
    ("view", "row", "ended"),
    [
        (whole, (200, 30), ["parts"]),
        (broken, (200, 30), ["parts"]),
        (sync_whole, (200, 30), ["parts"]),
        # Django reads it all before it sends the first byte
        (sync_broken, (200, 0), ["parts"]),
        (file, (200, 30), ["file"]),
        (broken_file, (200, 0), []),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_a_stream_by_asgi(rows: list[Any], view: Any, row: tuple[int, int], ended: list[str]) -> None:
    """To its end, or to an error, after which Django closes nothing."""
    visit(view)

    assert rows == [row]
    assert closed == ended


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize("view", [whole, broken, sync_whole, sync_broken, file, broken_file])
def test_a_head_by_asgi(rows: list[Any], view: Any) -> None:
    """Sends nothing, whatever the stream does."""
    visit(view, "HEAD")

    assert rows == [(200, 0)]


@hears_clients
def test_a_client_that_leaves_amid_a_stream(rows: list[Any]) -> None:
    """The row has what was sent, or was being sent; the generator has ended."""
    read = visit(endless, parts_read=3)

    assert [status for status, _bytes in rows] == [200]
    assert rows[0][1] >= sum(map(len, read)) == 30
    assert closed == ["parts"]


@hears_clients
@pytest.mark.parametrize("view", [wait, wait_in_a_thread])
def test_a_client_that_leaves_before_the_answer(rows: list[Any], view: Any) -> None:
    """The server cancels the view: nginx's 499, and no bytes that are known."""
    visit(view, parts_read=0)

    assert rows == [(499, None)]


@hears_clients
def test_a_499_is_logged_where_it_is_wanted(rows: list[Any]) -> None:
    """By default it is not."""
    with override_settings(ACCESSLOG_STATUS_CODES=[200]):
        visit(wait, parts_read=0)

    assert rows == []


def test_a_view_that_fails_by_asgi(rows: list[Any]) -> None:
    """One 500."""
    visit(fail)

    assert [status for status, _bytes in rows] == [500]


def test_a_stream_that_is_thrown_away(rows: list[Any]) -> None:
    """A request is cancelled in a middleware above ours: nobody reads the answer, and nobody closes it."""

    async def ask() -> None:
        middleware: Any = AccessLogMiddleware(whole)
        await middleware(RequestFactory().get("/"))

    asyncio.run(ask())
    gc.collect()
    assert rows == []

    response_size.end_forgotten_streams()
    assert rows == [(200, 0)]


def serve(view: Any, method: str = "GET", parts_read: Optional[int] = None) -> list[bytes]:
    """Ask by WSGI, as a server does: what was begun is closed."""
    environ = RequestFactory().generic(method, f"/{view.__name__}/").environ
    answer: Any = WSGIHandler()(environ, lambda *_words: None)
    read: list[bytes] = []
    try:
        for part in answer:
            read.append(part)
            if len(read) == parts_read:
                break
    except (RuntimeError, OSError):
        pass
    finally:
        answer.close()
    return read


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")
@pytest.mark.parametrize(
    ("view", "row"),
    [
        (whole, (200, 30)),
        # Django reads it all before the server has the first byte
        (broken, (200, 0)),
        (sync_whole, (200, 30)),
        (sync_broken, (200, 30)),
        # the server may send it without us
        (file, (200, None)),
        (broken_file, (200, None)),
    ],
    ids=lambda one: getattr(one, "__name__", None),
)
def test_a_stream_by_wsgi(rows: list[Any], view: Any, row: tuple[int, Optional[int]]) -> None:
    """One row, to the end or to an error."""
    serve(view)

    assert rows == [row]


@pytest.mark.parametrize("view", [sync_whole, sync_broken])
def test_a_client_that_leaves_by_wsgi(rows: list[Any], view: Any) -> None:
    """The server closes the answer, and that the generator."""
    serve(view, parts_read=2)

    assert rows == [(200, 20)]
    assert closed == ["parts"]


@pytest.mark.parametrize("view", [sync_whole, sync_broken, file])
def test_a_head_by_wsgi(rows: list[Any], view: Any) -> None:
    """Sends nothing."""
    serve(view, "HEAD")

    assert rows == [(200, 0)]


def test_a_log_that_fails_breaks_no_stream(
    rows: list[Any], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither its bytes nor its end."""

    def refuse(_row: Row) -> None:
        raise RuntimeError("the log failed")

    monkeypatch.setattr(recorder, "record", refuse)
    assert b"".join(visit(whole)) == b"".join(serve(sync_whole)) == PART * 3
    assert caplog.text.count("a stream was not logged") == 2


def test_a_worker_that_is_stopped_amid_a_view(rows: list[Any]) -> None:
    """gunicorn's timeout raises SystemExit in the view: that is no answer, and goes through."""

    def stop(_request: HttpRequest) -> HttpResponse:
        raise SystemExit(1)

    with pytest.raises(SystemExit):
        AccessLogMiddleware(stop)(RequestFactory().get("/"))

    assert rows == [(500, None)]
