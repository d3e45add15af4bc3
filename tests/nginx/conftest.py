"""Tests of the nginx filters leave no trace in this process."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.nginx import replay


@pytest.fixture(autouse=True)
def fail2ban_log() -> Iterator[None]:
    """The filters are run with fail2ban's log silenced; other tests read it."""
    log = logging.getLogger("fail2ban")
    before = log.level
    replay.quiet()
    yield
    log.setLevel(before)
