"""Bytes of an answer; a stream is counted while it is sent."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator
from typing import Any, Callable, Optional

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ideolab_accesslog.scheduler import scheduler

logger = logging.getLogger("ideolab_accesslog")

OnEnd = Callable[[Optional[int]], None]
#: streams that nobody has read to the end or closed
_unended: deque[StreamCounter] = deque()


def size(request: HttpRequest, response: HttpResponseBase) -> Optional[int]:
    """Return the bytes of the body that goes out; none for HEAD, None for a stream without a length."""
    if request.method == "HEAD":
        return 0
    try:
        # not get(): it is written in Python, and CommonMiddleware sets the header on each answer
        declared = response.headers["Content-Length"]
    except KeyError:
        return None if response.streaming else len(response.content)
    return int(declared) if declared.isdecimal() and len(declared) < 19 else None


def call_at_end(request: HttpRequest, response: Any, on_end: OnEnd) -> None:
    """Call `on_end` once with the bytes, when the stream has ended or broken, or the client has left."""
    is_file = getattr(response, "file_to_stream", None) is not None
    is_counted = request.method != "HEAD" and (not is_file or _is_asgi(request))
    counter = StreamCounter(on_end) if is_counted else StreamCounter(on_end, size(request, response), False)
    counter.is_collected = response.is_async != _is_asgi(request)
    # private, and the only hook that both servers and the test client reach
    response._resource_closers.append(counter.end)
    if is_file and not _is_asgi(request):
        # a file's iterator stays as it is: the server may send it without us (wsgi.file_wrapper)
        return
    if response.is_async:
        response.streaming_content = counter.count_async_parts(response.streaming_content)
    else:
        response.streaming_content = counter.count_parts(response.streaming_content)


def _is_asgi(request: HttpRequest) -> bool:
    """Return whether the request came by ASGI, where Django does not close an answer that breaks."""
    return hasattr(request, "scope")


class StreamCounter:
    """Counts the bytes of one stream, unless they are known, and says at its end how many there were."""

    def __init__(self, on_end: OnEnd, known: Optional[int] = 0, is_counting: bool = True) -> None:
        self._on_end: Optional[OnEnd] = on_end
        self._is_counting = is_counting
        #: Django reads the whole stream before it sends anything: one of the other kind than its handler
        self.is_collected = False
        self.bytes: Optional[int] = known

    def __del__(self) -> None:
        # the collector runs anywhere, also where a lock of ours is held: the thread logs it
        if self._on_end is not None:
            _unended.append(self)

    def end(self) -> None:
        """Call back, the first time; a failing log breaks no stream."""
        on_end, self._on_end = self._on_end, None
        if on_end is not None:
            try:
                on_end(self.bytes)
            except Exception:
                logger.exception("access log: a stream was not logged")

    def _break(self) -> None:
        if self.is_collected and self._is_counting:
            self.bytes = 0
        self.end()

    def _add(self, part: bytes) -> None:
        if self._is_counting:
            self.bytes = (self.bytes or 0) + len(part)

    def count_parts(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        """Pass the parts on and count them; the server closes the response at the end."""
        try:
            for part in parts:
                self._add(part)
                yield part
        except Exception:
            # Django does not close a response that breaks under ASGI
            self._break()
            raise

    async def count_async_parts(self, parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        """Pass the parts on and count them, to the end or until the client leaves."""
        # a client that leaves ends the generator; Django does not call close() then
        try:
            async for part in parts:
                self._add(part)
                yield part
        except Exception:
            self._break()
            raise
        finally:
            self.end()


def end_forgotten_streams() -> None:
    """Call back for streams that were thrown away: ASGI may cancel a request between two middlewares."""
    while _unended:
        _unended.popleft().end()


scheduler.add_job(end_forgotten_streams)
if hasattr(os, "register_at_fork"):
    # the parent's
    os.register_at_fork(after_in_child=_unended.clear)
