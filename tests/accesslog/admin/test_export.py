"""CSV files of the admin lists."""

from __future__ import annotations

import csv
import io
import re
import warnings
import zlib
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.test import AsyncRequestFactory, RequestFactory
from django.test.utils import CaptureQueriesContext

from ideolab_accesslog.admin import export, keyset
from ideolab_accesslog.models import AccessLog


@pytest.mark.django_db
def test_all_columns_are_exported_and_no_cell_is_a_formula() -> None:
    """A user agent that a spreadsheet would run is text in the file."""
    AccessLog.objects.create(
        ip="198.51.100.7", path='/a,"b"\n', user_agent="=cmd|'/C calc'!A0", method="GET", status_code=200
    )
    answer = export.export_csv(RequestFactory().post("/"), AccessLog.objects.all(), "accesslog-all.csv")
    text = b"".join(answer.streaming_content).decode()
    names, row = csv.reader(io.StringIO(text))
    found = dict(zip(names, row))
    assert (found["ip"], found["path"], found["user_agent"]) == (
        "198.51.100.7",
        '/a,"b"\n',
        "'=cmd|'/C calc'!A0",
    )
    assert answer["Content-Disposition"] == 'attachment; filename="accesslog-all.csv"'


@pytest.mark.django_db
def test_the_heads_are_there_before_the_database_is_asked(django_assert_num_queries: Any) -> None:
    """A client has its first byte at once, whatever the order of the list costs."""
    parts = export.write_parts(AccessLog.objects.order_by("path"), may_change=False)
    with django_assert_num_queries(0):
        assert next(parts).startswith("id,ts,ip,forwarded_for,user_id,")
    assert list(parts) == []


@pytest.mark.django_db
def test_under_asgi_the_rows_are_read_while_they_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Django gets an iterator that it neither warns of nor reads to its end before the first byte."""
    monkeypatch.setattr(keyset, "_KEYS", 4)
    AccessLog.objects.bulk_create(AccessLog(path="/", method="GET", status_code=200) for _number in range(10))
    request = AsyncRequestFactory().post("/")

    async def receive(answer: Any, most: int) -> list[int]:
        lines: list[int] = []
        async for part in answer:
            lines.append(len(part.splitlines()))
            if len(lines) == most:
                break
        return lines

    with warnings.catch_warnings(), CaptureQueriesContext(connection) as captured:
        warnings.simplefilter("error")
        whole = export.export_csv(request, AccessLog.objects.all(), "x.csv")
        assert async_to_sync(receive)(whole, 9) == [1, 4, 4, 2]
        captured.initial_queries = len(connection.queries_log)
        left = export.export_csv(request, AccessLog.objects.all(), "x.csv")
        assert async_to_sync(receive)(left, 2) == [1, 4]
        # the newest number, the keys of one page, its rows; nothing more for a client that has left
        assert async_to_sync(receive)(left, 9) == []
        assert len(captured) == 3


def _read_compressed(request: Any) -> Any:
    """An answer behind Django's middlewares that pack and compare answers."""

    def answer(_request: Any) -> Any:
        return export.export_csv(request, AccessLog.objects.all(), "x.csv")

    request.META["HTTP_ACCEPT_ENCODING"] = "gzip"
    return GZipMiddleware(ConditionalGetMiddleware(answer))(request)


@pytest.mark.django_db
def test_a_site_that_compresses(django_assert_num_queries: Any) -> None:
    """The first byte comes at once, and all rows are in the one file that a browser unpacks."""
    AccessLog.objects.bulk_create(AccessLog(path="/", method="GET", status_code=200) for _number in range(10))
    with django_assert_num_queries(0):
        answer = _read_compressed(RequestFactory().get("/"))
        parts = iter(answer)
        begun = next(parts)
    text = zlib.decompressobj(wbits=31).decompress(begun + b"".join(parts))
    assert (answer["Content-Encoding"], text.count(b"\r\n")) == ("gzip", 11)


@pytest.mark.django_db
def test_a_site_that_compresses_under_asgi() -> None:
    """Django 5.2 packs each part by itself there, and browsers unpack the first one only."""
    AccessLog.objects.bulk_create(AccessLog(path="/", method="GET", status_code=200) for _number in range(10))
    answer = _read_compressed(AsyncRequestFactory().get("/"))

    async def read() -> bytes:
        return b"".join([part async for part in answer])

    text = async_to_sync(read)()
    assert (answer["Content-Encoding"], text.count(b"\r\n")) == ("identity", 11)


@pytest.mark.django_db
def test_a_client_that_leaves_ends_the_work(django_assert_num_queries: Any) -> None:
    """A WSGI server closes the answer, and no page is read any more."""
    AccessLog.objects.create(path="/", method="GET", status_code=200)
    answer = export.export_csv(RequestFactory().post("/"), AccessLog.objects.all(), "x.csv")
    parts = iter(answer)
    next(parts)
    answer.close()
    with django_assert_num_queries(0):
        assert list(parts) == []


@pytest.mark.parametrize(
    ("filters", "chosen", "expected"),
    [
        ({}, 0, "accesslog-all"),
        ({"o": "-1", "p": "3", "e": "1"}, 0, "accesslog-all"),
        (
            {"q": "198.51.100.0/24", "status": "5xx", "period": ""},
            0,
            "accesslog-q_198.51.100.0_24-status_5xx",
        ),
        ({"status": "5xx"}, 12, "accesslog-12_chosen"),
        ({"q": '../"\r\n; x=\u202e\u00e9'}, 0, "accesslog-q_.._x"),
        ({"q": "a" * 500}, 0, ("accesslog-q_" + "a" * 500)[:120]),
    ],
)
def test_the_name_says_which_rows_are_in_the_file(
    filters: dict[str, str], chosen: int, expected: str
) -> None:
    """In characters that each system takes, and not too many."""
    found = export.name_file("accesslog", filters, chosen)
    assert re.fullmatch(r"(.*)-\d{8}-\d{6}\.csv", found)[1] == expected  # type: ignore[index]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *(("=1", "'=1"), ("+1", "'+1"), ("-1", "'-1"), ("@a", "'@a"), ("\t=1", "'\t=1"), ("a=1", "a=1")),
        *(
            (" =1", "' =1"),
            ("\n=1", "'\n=1"),
            ("\ta", "'\ta"),
            ("\r", "'\r"),
            ("\x00 \xa0@a", "'\x00 \xa0@a"),
        ),
        *(("\uff1d1", "'\uff1d1"), ("\uff0b1", "'\uff0b1"), ("\uff0d1", "'\uff0d1"), ("\uff201", "'\uff201")),
        *(("\u200b=1", "'\u200b=1"), ("\ufeff-1", "'\ufeff-1"), ('"=1', "'\"=1"), ("\u22121", "'\u22121")),
        *(("a;=1", "a;'=1"), ("(x; +http://y)", "(x; '+http://y)"), ("a-1;b", "a-1;b"), ("a =1", "a =1")),
        *(("", ""), (-1, -1), (None, None)),
    ],
)
def test_cells(value: object, expected: object) -> None:
    """Numbers stay numbers."""
    assert export.escape_cell(value) == expected
