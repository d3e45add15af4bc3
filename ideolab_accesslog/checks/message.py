"""What a check says: a number, what is wrong, and the way out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, Warning

from ideolab_accesslog.scheduler import runs_tests

#: the checks that speak beside a site's tests too: others look at its host and its middleware, which are not
#: used there, and a test may compare all messages
_OF_SETTINGS = ("values", "names", "crawlers", "proxies")


def make_error(number: int, text: str, hint: str) -> CheckMessage:
    """Return the error ideolab_accesslog.E001 and so on."""
    return Error(text, hint=hint, id=f"ideolab_accesslog.E{number:03}")


def make_warning(number: int, text: str, hint: str) -> CheckMessage:
    """Return the warning ideolab_accesslog.W001 and so on."""
    return Warning(text, hint=hint, id=f"ideolab_accesslog.W{number:03}")


def list_messages(check: Callable[[], Iterator[CheckMessage]]) -> Callable[..., list[CheckMessage]]:
    """Make a check of a function that yields messages; beside a site's tests most say nothing."""

    def run(app_configs: Any = None, **_others: Any) -> list[CheckMessage]:
        is_quiet = runs_tests() and check.__name__ not in _OF_SETTINGS
        return [] if is_quiet else list(check())

    run.__name__ = check.__name__
    return run
