"""The settings module of another project's tests: theirs, and with SUITE_APP=1 the app first of all.

A module of its own on the path, not one of the package `tests`: theirs has that name too.
SUITE_SETTINGS names their settings module.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.handlers.base import BaseHandler

APP = "ideolab_accesslog"
MIDDLEWARE_NAME = "ideolab_accesslog.middleware.AccessLogMiddleware"

_theirs = import_module(os.environ["SUITE_SETTINGS"])
globals().update({name: getattr(_theirs, name) for name in dir(_theirs) if name.isupper()})
TEST_RUNNER = "suite_runner.Runner"


def _put_first_always() -> None:
    """Put the middleware in front also where a test writes MIDDLEWARE anew."""
    load = BaseHandler.load_middleware

    def load_middleware(self: Any, is_async: bool = False) -> None:
        names = settings.MIDDLEWARE
        if apps.is_installed(APP):
            settings.MIDDLEWARE = [MIDDLEWARE_NAME, *(name for name in names if name != MIDDLEWARE_NAME)]
        try:
            load(self, is_async)
        finally:
            settings.MIDDLEWARE = names

    BaseHandler.load_middleware = load_middleware


if os.environ.get("SUITE_APP"):
    # Django's runtests.py sets both from lists of its own
    _main: Any = sys.modules["__main__"]
    if hasattr(_main, "ALWAYS_INSTALLED_APPS"):
        _main.ALWAYS_INSTALLED_APPS.insert(0, APP)
        _main.ALWAYS_MIDDLEWARE.insert(0, MIDDLEWARE_NAME)
    else:
        INSTALLED_APPS = [APP, *_theirs.INSTALLED_APPS]
        MIDDLEWARE = [MIDDLEWARE_NAME, *_theirs.MIDDLEWARE]
    _put_first_always()
