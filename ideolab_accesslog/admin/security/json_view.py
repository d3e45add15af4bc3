"""Views that answer with JSON, also where Django's own would show the login page: a program asks them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

View = Callable[..., Any]


def make_json_view(admin_site: Any, view: View, model_admin: Any) -> View:
    """Return the view for those who may see the dashboard; 403 for others, 405 for all but GET and HEAD.

    `view` gets the model admin and the request. Nothing of an answer is kept by browsers and proxies.
    """

    @functools.wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        refused = _refuse(admin_site, model_admin, request)
        response: HttpResponse = refused or view(model_admin, request)
        # private too: UpdateCacheMiddleware of Django 4.2 keeps for ten minutes what says no-store alone
        response.headers["Cache-Control"] = "private, no-store, no-transform"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    # Django's LoginRequiredMiddleware would send a program to the login page; the answer is 403 here
    answer.login_required = False  # type: ignore[attr-defined]
    return answer


def make_error(code: str, text: str, status: int) -> JsonResponse:
    """Return an error: a word for the program, a sentence for the person."""
    return JsonResponse({"error": code, "text": text}, status=status)


def _refuse(admin_site: Any, model_admin: Any, request: HttpRequest) -> Any:
    if request.method not in ("GET", "HEAD"):
        return HttpResponse(status=405, headers={"Allow": "GET, HEAD"})
    if not admin_site.has_permission(request):
        return make_error("signed-out", _("You are signed out. Sign in again."), 403)
    if not model_admin.has_view_permission(request):
        return make_error("forbidden", _("You may not see the security dashboard."), 403)
    return None
