"""Makes the texts of a row that is shown printable: what a client sent turns no text and ends no line."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import models

from ideolab_accesslog.access.printable import to_printable

#: characters that stand for one: \U0001f600
_LONGEST = 10
_Row = TypeVar("_Row", bound=models.Model)


def make_printable(row: _Row) -> _Row:
    """Return the row, which must not be saved, with printable texts; a TextField keeps its lines."""
    for field in row._meta.concrete_fields:
        value = row.__dict__.get(field.attname)
        if isinstance(field, models.TextField) and isinstance(value, str):
            row.__dict__[field.attname] = "\n".join(map(_escape, value.splitlines()))
        elif isinstance(value, (str, dict, list)):
            row.__dict__[field.attname] = _escape_all(value)
    return row


def _escape(text: str) -> str:
    return to_printable(text, len(text) * _LONGEST)


def _escape_all(value: Any) -> Any:
    """Return a value of JSON with all its texts printable."""
    if isinstance(value, str):
        return _escape(value)
    if isinstance(value, dict):
        return {_escape(key): _escape_all(one) for key, one in value.items()}
    return [_escape_all(one) for one in value] if isinstance(value, list) else value
