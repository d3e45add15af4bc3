"""Renders a page of the app inside the frame of the admin."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def render_page(
    model_admin: Any, request: HttpRequest, template: str, title: str, context: dict[str, Any]
) -> HttpResponse:
    """Return the page of a template below admin/ideolab_accesslog/, with what each page of the admin has."""
    whole = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": title,
        **context,
    }
    request.current_app = model_admin.admin_site.name
    return TemplateResponse(request, f"admin/ideolab_accesslog/{template}", whole)
