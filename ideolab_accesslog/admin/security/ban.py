"""Bans and unbans from the dashboard, each with a preview before it is confirmed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse


def ban(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Show what a ban of ?of= would hit; a POST makes it."""
    raise Http404


def unban(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Ask, and lift the ban of ?of= with a POST."""
    raise Http404
