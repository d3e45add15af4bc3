"""A page, and the sites of the admin that SITE asks for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path

KIND = settings.SITE.get("admin", "default")


def show(request: HttpRequest) -> HttpResponse:
    """Answer with the visitor's name, where there are sessions."""
    return HttpResponse("a page" if request.session.session_key is None else request.user.get_username())


def show_page(_request: HttpRequest) -> HttpResponse:
    """Answer with a page."""
    return HttpResponse("a page")


urlpatterns: list[Any] = [path("ok/", show_page if KIND == "none" else show)]
if KIND in ("default", "own", "second"):
    from django.contrib import admin

    urlpatterns.append(path("admin/", admin.site.urls))
if KIND in ("second", "only-second"):
    from django.contrib.admin import AdminSite

    from ideolab_accesslog.admin import AccessLogAdmin, FirewallActionLogAdmin, TrashIPAdmin
    from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP

    ops = AdminSite(name="ops")
    ops.register(AccessLog, AccessLogAdmin)
    ops.register(TrashIP, TrashIPAdmin)
    ops.register(FirewallActionLog, FirewallActionLogAdmin)
    urlpatterns.append(path("team/ops/", ops.urls))
