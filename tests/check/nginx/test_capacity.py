"""capacity: what connmon takes for nginx's capacity, and what nginx says."""

from __future__ import annotations

import pytest

from ideolab_f2b.check.nginx import capacity
from ideolab_f2b.config import Settings
from ideolab_f2b.connmon.pressure.workers import Workers

NOW = Workers(2, 768, "/etc/nginx/nginx.conf")


@pytest.mark.parametrize(
    ("setting", "recorded", "now", "state", "text"),
    [
        (0, NOW, NOW, "ok", "2 x 768 connections of nginx, as connmon was told"),
        (0, Workers(1, 1536, "/x", 5), NOW, "ok", "2 x 768 connections of nginx, as connmon was told"),
        (1000, None, NOW, "ok", "capacity = 1000 (2 x 768 connections of nginx)"),
        (0, None, NOW, "unknown", "connmon was not told of the 2 x 768 connections of nginx"),
        (0, NOW, None, "unknown", "nginx does not say how many connections it can hold"),
        (
            0,
            Workers(2, 4096, "/etc/nginx/nginx.conf"),
            NOW,
            "wrong",
            "connmon was told of 2 x 4096, but these are the 2 x 768 connections of nginx",
        ),
        (
            5000,
            NOW,
            NOW,
            "wrong",
            "capacity = 5000 is more than the 2 x 768 connections of nginx: connmon does not see that it is "
            "full",
        ),
    ],
)
def test_the_verdict(setting: int, recorded: Workers, now: Workers, state: str, text: str) -> None:
    """A number that is too large hides that nginx is full."""
    found = capacity.judge(setting, recorded, now)

    assert (found.state, found.text) == (state, text)


def test_without_nginx_there_is_nothing_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may run in a container."""
    monkeypatch.setenv("PATH", "/nonexistent")

    assert list(capacity.capacity(Settings())) == []
