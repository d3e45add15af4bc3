"""Sites of the admin: one in place of Django's own, and one beside it."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig


class OwnAdminConfig(AdminConfig):
    """Django's admin with a site of the project's."""

    default_site = "tests.accesslog.site.sites.OwnSite"


class OwnSite(AdminSite):
    """Takes the place of Django's own; autodiscovery fills it."""

    site_header = "A site of our own"
