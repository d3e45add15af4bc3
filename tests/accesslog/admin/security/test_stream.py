"""The stream: events while something changes, and an end for whoever is signed out."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pytest
from asgiref.sync import SyncToAsync, sync_to_async
from django.conf import settings as site_settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Permission, User
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.test import AsyncRequestFactory, RequestFactory

from ideolab_accesslog.admin.security import stream
from ideolab_accesslog.admin.security.site import SecurityAdmin
from ideolab_accesslog.models import Security, TrashIP
from tests.accesslog.admin.security.test_json_view import KEEPING, make_client, make_url
from tests.lab.gunicorn import Served, uvicorn
from tests.lab.postgres import Postgres


@pytest.fixture(autouse=True)
def _new_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread of the test before still has a connection to the database of that test."""
    monkeypatch.setattr(SyncToAsync, "single_thread_executor", ThreadPoolExecutor(1))
    monkeypatch.setattr(stream, "_places", {})


def _sign_in(*permissions: str) -> tuple[User, str]:
    """A user of the staff with these permissions, and the key of his session."""
    user = User.objects.create_user("someone", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    store = import_module(site_settings.SESSION_ENGINE).SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.save()
    return user, str(store.session_key)


def _make_request(user: User, key: str) -> Any:
    request: Any = AsyncRequestFactory().get("/", {"period": "1h"})
    request.user = user
    request.session = import_module(site_settings.SESSION_ENGINE).SessionStore(key)
    return request


def _make_admin() -> SecurityAdmin:
    from django.contrib import admin

    return SecurityAdmin(Security, admin.site)


def _list_bursts(part: str) -> list[str]:
    """The addresses of the bursts of an event; of a comment none."""
    data = part.partition("data: {")[2]
    return [one["of"] for one in json.loads("{" + data)["site"]["bursts"]] if data else []


def _add_burst() -> None:
    """Store an address with many 404s; the thread that does it has a connection of its own."""
    TrashIP.objects.create(ip="198.51.100.7", reason="404_burst", count_404=3)
    connections.close_all()


@pytest.fixture(autouse=True)
def no_connection_outlives_its_test() -> Iterator[None]:
    """The thread of sync_to_async is that of all tests, and its connection would be the last one's."""
    asyncio.run(sync_to_async(_drop_connection)())
    yield
    asyncio.run(sync_to_async(_drop_connection)())


def _drop_connection() -> None:
    connections.close_all()
    with contextlib.suppress(AttributeError):
        del connections["default"]


def test_only_asgi_can_stream() -> None:
    """The page asks before it opens one."""
    requests = (AsyncRequestFactory().get("/"), RequestFactory().get("/"))

    assert [stream.can_stream(request) for request in requests] == [True, False]
    assert isinstance(requests[0], ASGIRequest)


@pytest.mark.django_db
def test_wsgi_is_refused() -> None:
    """With a status that the browser takes for the end, and that writes to no ADMINS."""
    answer = make_client("view_security").get(make_url("stream"))

    assert (answer.status_code, answer.json()["error"]) == (406, "no-stream")


async def _collect(request: Any, count: int) -> list[str]:
    parts = stream._make_stream(_make_admin(), request, object())
    found = [part.decode() async for part in _take(parts, count)]
    await parts.aclose()  # type: ignore[attr-defined]
    return found


async def _take(parts: Any, count: int) -> Any:
    number = 0
    async for part in parts:
        yield part
        number += 1
        if number >= count:
            return


@pytest.mark.usefixtures("database")
def test_an_event_when_something_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first at once; meanwhile comments, so that no proxy takes the silence for the end."""
    user, key = _sign_in("view_security", "view_traship")
    monkeypatch.setattr(stream, "STEP_S", 0.01)
    monkeypatch.setattr(stream, "HEARTBEAT_S", 0.0)
    # a busy machine takes its time
    monkeypatch.setattr(stream, "LONGEST_S", 600.0)
    monkeypatch.setattr("ideolab_accesslog.dashboard.kept.KEPT_S", 0.0)
    request = _make_request(user, key)

    async def run() -> list[str]:
        parts = stream._make_stream(_make_admin(), request, stream._take_place())
        found = [(await parts.__anext__()).decode() for _ in range(3)]
        await asyncio.to_thread(_add_burst)
        while not _list_bursts(found[-1]):
            found.append((await parts.__anext__()).decode())
        await parts.aclose()  # type: ignore[attr-defined]
        return found

    found = asyncio.run(run())
    comments = {part for part in found[2:] if not part.startswith("event: data\n")}
    assert found[0] == "retry: 2000\n\n" and comments <= {": alive\n\n"}
    assert found[1].startswith("event: data\ndata: {") and found[1].endswith("}\n\n")
    assert (_list_bursts(found[1]), _list_bursts(found[-1])) == ([], ["198.51.100.7"])
    assert stream._places == {}


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("how", ["session", "permission", "active", "staff", "password"])
def test_it_ends_for_who_may_no_longer_see_it(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for who has changed the password elsewhere, as Django ends sessions then."""
    user, key = _sign_in("view_security")
    monkeypatch.setattr(stream, "STEP_S", 0.01)
    monkeypatch.setattr(stream, "CHECK_S", 0.0)
    request = _make_request(User.objects.get(), key)
    assert stream._find_user(_make_admin(), request)
    if how == "session":
        request.session.delete()
    elif how == "permission":
        user.user_permissions.clear()
    elif how == "password":
        user.set_password("another")
        user.save()
    else:
        User.objects.update(**{f"is_{how}": False})

    parts = asyncio.run(_collect(request, 50))
    assert len(parts) == 2


@pytest.mark.usefixtures("database")
def test_it_ends_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser comes again by itself, and is asked again who it is."""
    user, key = _sign_in("view_security")
    monkeypatch.setattr(stream, "STEP_S", 0.01)
    monkeypatch.setattr(stream, "LONGEST_S", 0.3)

    assert len(asyncio.run(_collect(_make_request(user, key), 1000))) == 2


@pytest.mark.django_db
def test_streams_are_bounded() -> None:
    """Whoever comes later asks again and again instead, also of those that come at once."""
    answers: Any = [
        stream.send_stream(_make_admin(), AsyncRequestFactory().get("/")) for _ in range(stream.MOST + 1)
    ]
    answer = answers.pop()

    assert {one.status_code for one in answers} == {200}
    assert (answer.status_code, answer["Retry-After"], json.loads(answer.content)["error"]) == (
        *(429, "60", "too-many"),
    )


@pytest.mark.django_db
def test_a_stream_that_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server waits for its reader for ever; its place is another's after two minutes."""
    old = time.monotonic() - stream.PLACE_S - 1
    monkeypatch.setattr(stream, "_places", dict.fromkeys(range(stream.MOST), old))
    answer: Any = stream.send_stream(_make_admin(), AsyncRequestFactory().get("/"))

    assert (answer.status_code, len(stream._places)) == (200, 1)


def test_headers() -> None:
    """nginx and GZipMiddleware hold nothing back."""
    answer: Any = stream.send_stream(_make_admin(), AsyncRequestFactory().get("/"))

    assert {name: answer[name] for name in ("Content-Type", "X-Accel-Buffering", "Content-Encoding")} == {
        "Content-Type": "text/event-stream; charset=utf-8",
        "X-Accel-Buffering": "no",
        "Content-Encoding": "identity",
    }


@contextmanager
def _open(server: Served, key: str) -> Iterator[http.client.HTTPResponse]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        headers = {"Cookie": f"sessionid={key}", "Accept-Encoding": "gzip"}
        connection.request("GET", make_url("stream") + "?period=1h", headers=headers)
        yield connection.getresponse()
    finally:
        connection.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_real_server(database: str, postgres: Postgres) -> None:
    """uvicorn sends the first event at once, whatever stands in front; meanwhile pages are answered."""
    _user, key = _sign_in("view_security")
    with uvicorn({**postgres.environment(), "DJANGO_MIDDLEWARE": ",".join(KEEPING)}) as server:
        with _open(server, key) as answer:
            lines = [answer.readline().decode() for _ in range(4)]
            statuses = [server.get("/ok/") for _ in range(3)]
        with _open(server, "nobody") as refused:
            said = json.loads(refused.read())
        server.stop()

    assert (answer.status, lines[0], lines[2]) == (200, "retry: 2000\n", "event: data\n")
    assert json.loads(lines[3].partition("data: ")[2])["period"] == "1h"
    assert (statuses, refused.status, said["error"]) == ([200] * 3, 403, "signed-out")
