"""Bytes of an answer; a stream is counted while it is sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, Optional

from django.http import HttpRequest
from django.http.response import HttpResponseBase

OnEnd = Callable[[Optional[int]], None]


def size(request: HttpRequest, response: HttpResponseBase) -> Optional[int]:
    """Return the bytes of the body that goes out; none for HEAD, None for a stream without a length."""
    if request.method == "HEAD":
        return 0
    declared = response.headers.get("Content-Length")
    if declared is not None:
        return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 19 else None
    return None if response.streaming else len(response.content)


def call_at_end(request: HttpRequest, response: Any, on_end: OnEnd) -> None:
    """Call `on_end` once with the bytes, when the stream has ended or the client has left."""
    counter = StreamCounter(on_end)
    # private, and the only hook that both servers and the test client reach
    response._resource_closers.append(counter.end)
    if request.method == "HEAD" or getattr(response, "file_to_stream", None) is not None:
        # a file's iterator stays as it is: the server may send it without us (wsgi.file_wrapper)
        counter.bytes = size(request, response)
    elif response.is_async:
        response.streaming_content = counter.count_async_parts(response.streaming_content)
    else:
        response.streaming_content = counter.count_parts(response.streaming_content)


class StreamCounter:
    """Counts the bytes of one stream and says at its end how many there were."""

    def __init__(self, on_end: OnEnd) -> None:
        self._on_end: Optional[OnEnd] = on_end
        self.bytes: Optional[int] = 0

    def end(self) -> None:
        """Call back, the first time."""
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            on_end(self.bytes)

    def count_parts(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the parts on and count them; the server closes the response at the end."""
        for part in parts:
            self.bytes = (self.bytes or 0) + len(part)
            yield part

    async def count_async_parts(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass the parts on and count them, to the end or until the client leaves."""
        # a client that leaves ends the generator; Django does not call close() then
        try:
            async for part in parts:
                self.bytes = (self.bytes or 0) + len(part)
                yield part
        finally:
            self.end()
