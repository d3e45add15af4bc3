"""The wrapper for ASGI servers that end by the signal itself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ideolab_accesslog.access import recorder
from ideolab_accesslog.asgi import stored_at_shutdown


def serve(application: Any, *words: Any) -> None:
    """Call the wrapped application once, as a server does."""

    async def call() -> None:
        await stored_at_shutdown(application)(*words)

    asyncio.run(call())


def test_the_rows_are_stored_before_the_server_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The end of the process waits for it, and the application hears nothing of lifespan."""
    events: list[str] = []
    monkeypatch.setattr(recorder, "stop", lambda: events.append("stored"))

    async def application(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("Django answers no lifespan")

    async def receive() -> dict[str, str]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, str]) -> None:
        events.append(message["type"])

    serve(application, {"type": "lifespan"}, receive, send)

    assert events == ["lifespan.startup.complete", "stored", "lifespan.shutdown.complete"]


def test_requests_reach_the_application() -> None:
    """With what the server gave."""
    seen: list[Any] = []

    async def application(*given: Any) -> None:
        seen.append(given)

    scope = {"type": "http"}
    serve(application, scope, "receive", "send")

    assert seen == [(scope, "receive", "send")]
