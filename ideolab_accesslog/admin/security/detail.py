"""Everything known of one address, network or AS, as JSON."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def send_detail(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Send what is known of ?of=; view_security."""
    raise Http404
