"""The settings of the throw-away project that `python -m ideolab_accesslog.demo` makes.

It is for one person on one machine: it answers to no name but this machine's own.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

#: names in the directory
EVENTS = "connmon_events.jsonl"
REJECTS = "rejected.jsonl"
APPS = (
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "ideolab_accesslog",
)
MIDDLEWARE = (
    "django.middleware.security.SecurityMiddleware",
    "ideolab_accesslog.middleware.AccessLogMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # the pages are English or French, as the browser asks
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
CONTEXT = (
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
)
#: a browser comes by these names, and a stranger's page by another (DNS rebinding)
HOSTS = ("127.0.0.1", "localhost")


def make_settings(directory: Path) -> dict[str, Any]:
    """Return the settings of a project whose every file is in this directory."""
    return {
        # `runserver` sends no static file without it
        "DEBUG": True,
        "SECRET_KEY": secrets.token_urlsafe(50),
        "ALLOWED_HOSTS": list(HOSTS),
        "ROOT_URLCONF": "ideolab_accesslog.demo.urls",
        "INSTALLED_APPS": list(APPS),
        "MIDDLEWARE": list(MIDDLEWARE),
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": list(CONTEXT)},
            }
        ],
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(directory / "db.sqlite3"),
                "OPTIONS": {"timeout": 20},
            }
        },
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "TIME_ZONE": "UTC",
        "STATIC_URL": "/static/",
        # another site of this machine has its cookies at the same host
        "SESSION_COOKIE_NAME": "ideolab_demo_session",
        "CSRF_COOKIE_NAME": "ideolab_demo_csrf",
        # `curl -H 'X-Forwarded-For: 198.51.100.7'` is then a client
        "ACCESSLOG_TRUSTED_PROXIES": list(HOSTS[:1]),
        "ACCESSLOG_METRICS_DIR": str(directory),
        "ACCESSLOG_EVENTS": str(directory / EVENTS),
        "ACCESSLOG_EVENTS_REJECTS": str(directory / REJECTS),
        "TRASHIP_LOG": str(directory / "traship.log"),
        "TRASHIP_MANUAL_LOG": str(directory / "manual.log"),
    }
