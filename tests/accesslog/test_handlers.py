"""The handler under the path that LOGGING names."""

from __future__ import annotations

import logging.config

from ideolab_accesslog.handlers import TrashipHandler
from ideolab_accesslog.traship import log


def test_logging_finds_the_handler() -> None:
    """By the dotted path, as a class of its own."""
    found = logging.config.BaseConfigurator({}).resolve("ideolab_accesslog.handlers.TrashipHandler")

    assert found is TrashipHandler is log.TrashipHandler
