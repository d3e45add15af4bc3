"""The dashboard's data as JSON, for pages that ask again."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def send_data(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Send the data of ?period=; view_security."""
    raise Http404
