"""Debian's Chromium, headless, driven by playwright."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PROGRAM = "/usr/bin/chromium"
#: no sandbox as root; the others keep it from looking for the internet
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)


@contextmanager
def chromium(*arguments: str) -> Iterator[Any]:
    """A browser, with more arguments.

    Django must be told that playwright's loop in this thread is none of its own.
    """
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=PROGRAM, args=[*ARGUMENTS, *arguments])
            yield browser
            browser.close()
    finally:
        if before is None:
            del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
        else:
            os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@contextmanager
def served() -> Iterator[Any]:
    """A server that ends once no thread answers any more.

    pytest-django's own would keep the middleware of the first test that asks for it.
    """
    from pytest_django.live_server_helper import LiveServer

    from demo.lab.wait import wait_until

    server = LiveServer("127.0.0.1")
    yield server
    # the browser has closed its connections; threads that have not seen it yet would leave sockets behind
    wait_until(
        lambda: not any("process_request" in thread.name for thread in threading.enumerate()),
        "the server still answers",
    )
    server.stop()
