"""slots: how many connections of nginx one client gets, and who is told that they are few."""

from __future__ import annotations

import pytest

from ideolab_f2b.install import source
from ideolab_f2b.install.nginx import slots
from ideolab_f2b.install.nginx.configuration import Directive

TEXT = source.find().read("deploy/nginx/ideolab-proxy.conf").decode()


def worker_connections(*arguments: str) -> list[Directive]:
    return [Directive("worker_connections", arguments, ("events",), "/etc/nginx/nginx.conf")]


@pytest.mark.parametrize(
    ("directives", "found"),
    [
        ([], 512),
        (worker_connections("768"), 768),
        (worker_connections("x"), 512),
        (worker_connections(), 512),
    ],
)
def test_how_many_there_are(directives: list[Directive], found: int) -> None:
    """nginx has 512 where nothing is said."""
    assert slots.find(directives) == found


@pytest.mark.parametrize(
    ("connections", "host"), [(1, 50), (512, 102), (768, 153), (1000, 200), (65536, 200)]
)
def test_the_limits_that_are_written(connections: int, host: int) -> None:
    """A fifth for a host, four times as many for a network; nothing else is changed."""
    text = slots.fit(TEXT, connections)

    assert text.count(f"limit_conn ideolab_proxied {host};\nlimit_conn ideolab_proxied_net {4 * host};") == 1
    assert [one for one in text.splitlines() if not one.startswith("limit_conn")] == [
        one for one in TEXT.splitlines() if not one.startswith("limit_conn")
    ]


@pytest.mark.parametrize(("connections", "is_told"), [(512, True), (768, True), (2048, False)])
def test_few_connections_are_named(connections: int, is_told: bool) -> None:
    """With what to write where."""
    told = [
        f"nginx: worker_connections is {connections}: a few clients use up as many. Write worker_connections "
        "4096; into events{} and worker_rlimit_nofile 16384; outside of it, then install again"
    ]
    assert slots.messages(connections) == told * is_told


def test_the_shipped_file_has_the_most() -> None:
    """fit() looks for these numbers."""
    assert slots.fit(TEXT, slots.ENOUGH) == TEXT
    assert f"limit_conn ideolab_proxied {slots.MOST};" in TEXT
