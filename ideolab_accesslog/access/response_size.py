"""How many bytes an answer has; a stream is counted while it is sent, and told when it is over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, Optional

from django.http import HttpRequest
from django.http.response import HttpResponseBase

Over = Callable[[Optional[int]], None]


def size(request: HttpRequest, response: HttpResponseBase) -> Optional[int]:
    """The bytes of the body that goes out; a HEAD has none, whatever the view made."""
    if request.method == "HEAD":
        return 0
    declared = response.headers.get("Content-Length")
    if declared is not None:
        return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 19 else None
    return None if response.streaming else len(response.content)


def when_over(request: HttpRequest, response: Any, over: Over) -> None:
    """Call `over` once with the bytes, when the stream has ended or the client has left."""
    counted = Counted(over)
    # private, and the only hook that both servers and the test client reach
    response._resource_closers.append(counted.end)
    if request.method == "HEAD" or getattr(response, "file_to_stream", None) is not None:
        # a file's iterator stays as it is: the server may send it without us (wsgi.file_wrapper)
        counted.bytes = size(request, response)
    elif response.is_async:
        response.streaming_content = counted.asynchronous(response.streaming_content)
    else:
        response.streaming_content = counted.synchronous(response.streaming_content)


class Counted:
    def __init__(self, over: Over) -> None:
        self._over: Optional[Over] = over
        self.bytes: Optional[int] = 0

    def end(self) -> None:
        over, self._over = self._over, None
        if over is not None:
            over(self.bytes)

    def synchronous(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            self.bytes = (self.bytes or 0) + len(part)
            yield part

    async def asynchronous(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        # a client that leaves ends the generator; Django does not call close() then
        try:
            async for part in parts:
                self.bytes = (self.bytes or 0) + len(part)
                yield part
        finally:
            self.end()
