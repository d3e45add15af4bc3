"""The rows that somebody chose in a list: many of them in one field of the form that confirms an action."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest

from ideolab_accesslog.admin.forms import MOST

#: between two numbers; not a comma, which some languages write inside of one
_SEPARATOR = " "
#: digits of the longest number of a row
_DIGITS = 18


def join(rows: Iterable[Any]) -> str:
    """Return one value for all rows: Django takes no more than a thousand fields of a form."""
    return _SEPARATOR.join(str(row.pk) for row in rows)


def split(request: HttpRequest) -> None:
    """Give the request one value for each chosen row, as Django's own list has them.

    Rows are chosen by their numbers; anything else is a 400.
    """
    values = request.POST.getlist(ACTION_CHECKBOX_NAME)
    chosen = [key for value in values for key in _split(value)]
    if any(not key.isdecimal() or len(key) > _DIGITS for key in chosen):
        raise SuspiciousOperation("a chosen row is no number")
    if chosen != values:
        post = request.POST.copy()
        post.setlist(ACTION_CHECKBOX_NAME, chosen)
        request.POST = post


def _split(value: str) -> list[str]:
    keys = value.split(_SEPARATOR)
    if len(keys) > MOST:
        raise SuspiciousOperation("more rows than a page lets anybody confirm")
    return keys
