"""The settings of one site, from the JSON in SITE: a directory, a database, and what is special about it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

SITE: dict[str, Any] = json.loads(os.environ["SITE"])
DIRECTORY = Path(SITE["directory"])
SECRET_KEY = "tests only"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.accesslog.site.urls"
STATIC_URL = "static/"
STATIC_ROOT = str(DIRECTORY / "static")
INTERNAL_IPS = ["127.0.0.1"]
DATABASES = SITE["databases"]
if "mysql" in str(DATABASES):
    from tests.lab.mariadb import use_driver

    use_driver()
_CONTRIB = [f"django.contrib.{name}" for name in ("auth", "contenttypes")]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "ideolab_accesslog.middleware.AccessLogMiddleware",
    "tests.accesslog.strict.policy",
    "django.middleware.common.CommonMiddleware",
]
if SITE.get("admin", "default") != "none":
    _CONTRIB += [f"django.contrib.{name}" for name in ("sessions", "messages", "staticfiles")]
    _CONTRIB += [
        "tests.accesslog.site.sites.OwnAdminConfig" if SITE.get("admin") == "own" else "django.contrib.admin"
    ]
    MIDDLEWARE += [
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
    ]
INSTALLED_APPS = [*_CONTRIB, "tests.accesslog.site.people", "ideolab_accesslog"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(DIRECTORY / "cache"),
    }
}
TRASHIP_LOG = str(DIRECTORY / "traship.log")
TRASHIP_MANUAL_LOG = str(DIRECTORY / "manual.log")
ACCESSLOG_EVENTS = str(DIRECTORY / "events.jsonl")
ACCESSLOG_EVENTS_REJECTS = str(DIRECTORY / "events.rejected")
ACCESSLOG_METRICS_DIR = str(DIRECTORY)
TRASHIP_FIREWALL_EXECUTE = True
TRASHIP_FIREWALL_HELPER = ["/nonexistent/ideolab-fw-ip"]
# the walk stores rows itself: a second writer to SQLite is another test's matter
ACCESSLOG_FLUSH_S = 60
ACCESSLOG_DATABASE = "default"
ACCESSLOG_SPOOL = str(DIRECTORY / "spool")
if SITE.get("storage") == "manifest":
    STORAGES = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
globals().update(SITE.get("settings", {}))
