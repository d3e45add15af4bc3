"""Bytes of an answer."""

from __future__ import annotations

from typing import Optional

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from ideolab_accesslog.access.response_size import StreamCounter, call_at_end, size

GET = RequestFactory().get("/")
HEAD = RequestFactory().head("/")


def test_the_size_of_an_answer() -> None:
    """The body's, or the one that is declared; a stream has none before its end."""
    declared = HttpResponse("abc", headers={"Content-Length": "93"})

    assert size(GET, HttpResponse("abc")) == 3
    assert size(HEAD, HttpResponse("abc")) == 0
    assert size(GET, declared) == 93
    assert size(GET, StreamingHttpResponse(iter([b"abc"]))) is None


@pytest.mark.parametrize(("request_", "bytes_"), [(GET, 5), (HEAD, 0)])
def test_a_stream_is_over_when_it_is_closed(request_: object, bytes_: int) -> None:
    """Once, with the bytes that were sent."""
    found: list[Optional[int]] = []
    response = StreamingHttpResponse(iter([b"aaa", b"bb"]))
    call_at_end(request_, response, found.append)
    list(response)
    assert found == []
    # what close() does, without the end of a request
    for close in [*response._resource_closers] * 2:
        close()

    assert found == [bytes_]


def test_the_counter_calls_back_once() -> None:
    """Whoever ends the stream: the server, or the client that leaves."""
    found: list[Optional[int]] = []
    counter = StreamCounter(found.append)
    assert list(counter.count_parts(iter([b"a", b"bc"]))) == [b"a", b"bc"]
    counter.end()
    counter.end()

    assert found == [3]
