"""Stores the last rows under ASGI servers that end without Python's exit functions (uvicorn alone)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

Application = Callable[[Any, Any, Any], Awaitable[None]]


def stored_at_shutdown(application: Application) -> Application:
    """Wrap an application so that SIGTERM loses no row: `stored_at_shutdown(get_asgi_application())`."""

    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        else:
            await application(scope, receive, send)

    return wrapped


async def _lifespan(receive: Any, send: Any) -> None:
    # not above: asgi.py of a site imports this module before Django is set up
    from ideolab_accesslog.access import recorder

    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await asyncio.get_running_loop().run_in_executor(None, recorder.stop)
    await send({"type": "lifespan.shutdown.complete"})
