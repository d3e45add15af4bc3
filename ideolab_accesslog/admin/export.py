"""Streams the rows of a list as CSV that a spreadsheet can open without running what an attacker wrote."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.utils import timezone

from ideolab_accesslog.admin.days import to_local
from ideolab_accesslog.admin.keyset import read_pages

#: characters of a file's name in front of its time
_NAME_MAX = 120
#: parameters of a list that choose no rows: order and page
_NO_FILTERS = ("o", "p", "all", "e")
_UNSAFE = re.compile(r"[^A-Za-z0-9.]+")
#: a cell that begins with one of these would be a formula; also their fullwidth, small and minus forms
_FORMULA = "=+@\\-\uff1d\uff0b\uff20\uff0d\ufe66\ufe62\ufe6b\ufe63\u2212"
#: what a spreadsheet may drop before it looks: blanks, control and invisible characters, a quote
_DROPPED = '\\s\\x00-\\x20\\x7f-\\xa0\\xad\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff"'
_START = re.compile(f"[\t\r\n]|[{_DROPPED}]*[{_FORMULA}]")
#: where the language's separator is a semicolon, each one in a text begins another cell
_SEPARATED = re.compile(f"(;[{_DROPPED}]*)([{_FORMULA}])")


def export_csv(request: HttpRequest, queryset: Any, name: str, *, may_change: bool = True) -> HttpResponse:
    """Return a file with all columns of the rows, which are read while it is sent."""
    parts, is_asgi = write_parts(queryset, may_change=may_change), isinstance(request, ASGIRequest)
    # under ASGI Django would read a plain generator to its end before the first byte
    content: Any = _make_in_thread(parts) if is_asgi else parts
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    if is_asgi:
        # GZipMiddleware leaves it alone: that of Django 5.2 packs each part by itself, and Chromium reads
        # the first one only
        response["Content-Encoding"] = "identity"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def name_file(model_name: str, filters: Mapping[str, str], chosen: int) -> str:
    """Return a name that says which rows are in the file: the filters in force, or how many were chosen."""
    words = [f"{key}_{value}" for key, value in sorted(filters.items()) if key not in _NO_FILTERS and value]
    which = [f"{chosen}_chosen"] if chosen else words or ["all"]
    text = "-".join(_UNSAFE.sub("_", word).strip("_.") for word in (model_name, *which))
    return f"{text[:_NAME_MAX]}-{to_local(timezone.now()):%Y%m%d-%H%M%S}.csv"


def write_parts(queryset: Any, *, may_change: bool) -> Iterator[str]:
    """Yield the heads, then the lines of some hundred rows at a time."""
    names = [field.attname for field in queryset.model._meta.concrete_fields]
    yield _write_lines([names])
    for page in read_pages(queryset, names, may_change=may_change):
        yield _write_lines([[escape_cell(value) for value in row] for row in page])


def _write_lines(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


async def _make_in_thread(parts: Iterator[str]) -> AsyncIterator[str]:
    """Yield each part; the database is asked in the request's thread, so that the event loop goes on."""
    make = sync_to_async(lambda: next(parts, None))
    while (part := await make()) is not None:
        yield part


def escape_cell(value: Any) -> Any:
    """Return a value that a spreadsheet never takes for a formula."""
    if isinstance(value, (dict, list)):
        value = json.dumps(value)
    if not isinstance(value, str):
        return value
    text = _SEPARATED.sub(r"\1'\2", value)
    return f"'{text}" if _START.match(text) else text
