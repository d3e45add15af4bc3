"""A page, and the sites of the admin that SITE asks for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.urls import path

KIND = settings.SITE.get("admin", "default")


def show(request: HttpRequest) -> HttpResponse:
    """Answer with the visitor's name, where there are sessions."""
    return HttpResponse("a page" if request.session.session_key is None else request.user.get_username())


def show_page(_request: HttpRequest) -> HttpResponse:
    """Answer with a page."""
    return HttpResponse("a page")


pages: list[Any] = []
if KIND in ("default", "own", "second"):
    from django.contrib import admin

    pages.append(path("admin/", admin.site.urls))
if KIND in ("second", "only-second"):
    from django.contrib.admin import AdminSite

    from ideolab_accesslog.admin import AccessLogAdmin, FirewallActionLogAdmin, SecurityAdmin, TrashIPAdmin
    from ideolab_accesslog.models import AccessLog, FirewallActionLog, Security, TrashIP

    ops = AdminSite(name="ops")
    ops.register(AccessLog, AccessLogAdmin)
    ops.register(TrashIP, TrashIPAdmin)
    ops.register(FirewallActionLog, FirewallActionLogAdmin)
    ops.register(Security, SecurityAdmin)
    pages.append(path("team/ops/", ops.urls))
urlpatterns: list[Any] = [
    path("ok/", show_page if KIND == "none" else show),
    *(i18n_patterns(*pages) if settings.SITE.get("i18n") else pages),
]
