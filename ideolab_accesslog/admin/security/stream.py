"""The dashboard's data as server-sent events, where the site runs under ASGI."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def can_stream(request: HttpRequest) -> bool:
    """Return whether the site can keep a connection open for each reader of the page."""
    return False


def send_stream(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Send the data again and again; view_security."""
    raise Http404
