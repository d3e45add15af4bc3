"""The page of the security dashboard."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def show_page(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show the page; view_security."""
    raise Http404
