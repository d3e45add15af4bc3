"""The dashboard's data as JSON, for pages that ask again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse

from ideolab_accesslog.admin.security.allowed import read_allowed


def send_data(model_admin: Any, request: HttpRequest) -> JsonResponse:
    """Send the data of ?period=; the permission was checked by make_json_view."""
    return JsonResponse(read_allowed(request.user, request.GET.get("period", "")))
