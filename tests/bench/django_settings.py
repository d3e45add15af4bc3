"""The small site as a benchmark's variant: bare, with the app, or with another package in its place."""

import os
from typing import Any

from tests.accesslog.settings import *  # noqa: F403
from tests.accesslog.settings import DATABASES, INSTALLED_APPS, MIDDLEWARE

OWN = "ideolab_accesslog.middleware.AccessLogMiddleware"
#: package -> its app, its middleware
PEERS = {
    "drf-api-logger": (
        "drf_api_logger",
        "drf_api_logger.middleware.api_logger_middleware.APILoggerMiddleware",
    ),
    "django-request": ("request", "request.middleware.RequestMiddleware"),
    "easy-audit": ("easyaudit", "easyaudit.middleware.easyaudit.EasyAuditMiddleware"),
}
VARIANT = os.environ.get("BENCH_VARIANT", "own")
DRF_API_LOGGER_DATABASE = True
DJANGO_EASY_AUDIT_WATCH_MODEL_EVENTS = False
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"null": {"class": "logging.NullHandler"}},
    "root": {"handlers": ["null"]},
    "loggers": {"django": {"handlers": ["null"], "propagate": False}},
}
SILENCED_SYSTEM_CHECKS = ["ideolab_accesslog.W002", "ideolab_accesslog.W004"]
_database: Any = DATABASES["default"]
DATABASES = {"default": {**_database, "CONN_MAX_AGE": 600}}
if VARIANT.startswith("own"):
    ACCESSLOG_SINK = VARIANT.partition("-")[2] or "queue"
else:
    MIDDLEWARE.remove(OWN)
if VARIANT in PEERS:
    INSTALLED_APPS.append(PEERS[VARIANT][0])
    MIDDLEWARE.append(PEERS[VARIANT][1])
