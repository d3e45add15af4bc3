"""The security dashboard in the admin: its line in the index, and the addresses of its views."""

from __future__ import annotations

import functools
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import path

from ideolab_accesslog.admin.security import ban, data, detail, page, stream, unban
from ideolab_accesslog.admin.security.json_view import make_json_view
from ideolab_accesslog.models import Security


@admin.register(Security)
class SecurityAdmin(admin.ModelAdmin):
    """The dashboard: Django gives it /admin/ideolab_accesslog/security/ and the permission view_security."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: there is nothing to add."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: there is nothing to change."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: there is nothing to delete."""
        return False

    def get_urls(self) -> list[Any]:
        """Return the views of the dashboard in place of Django's own."""

        def make_url(name: str, route: str, view: Any) -> Any:
            bound = functools.update_wrapper(functools.partial(view, self), view)
            return path(route, self.admin_site.admin_view(bound), name=f"ideolab_accesslog_security_{name}")

        def make_json_url(name: str, view: Any) -> Any:
            answered = make_json_view(self.admin_site, view, self)
            return path(f"{name}/", answered, name=f"ideolab_accesslog_security_{name}")

        return [
            make_url("changelist", "", page.show_page),
            make_json_url("data", data.send_data),
            make_json_url("stream", stream.send_stream),
            make_json_url("detail", detail.send_detail),
            make_url("ban", "ban/", ban.ban),
            make_url("unban", "unban/", unban.unban),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the page."""
        return page.show_page(self, request)
