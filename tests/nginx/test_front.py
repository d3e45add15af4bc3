"""The stream front on a real nginx: what it writes of each connection, and what comes through the intake."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.attacker import client_hello, connect
from demo.lab.wait import wait_until
from tests.intake.front import Front, intake, make_directories
from tests.nginx import replay, web
from tests.nginx.test_hardening import received, tls
from tests.nginx.web import DEPLOY, Web

MODULE = Path("/usr/lib/nginx/modules/ngx_stream_module.so")
pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(not MODULE.exists(), reason="needs libnginx-mod-stream"),
]

BEHIND = """listen 127.0.0.1:8443 ssl http2 proxy_protocol;
        set_real_ip_from 127.0.0.1;
        real_ip_header proxy_protocol;"""
#: a limit that a test reaches; ours is 300
LIMIT = 6
#: connections of all visits
VISITS = LIMIT + 7
HOSTILE_NAME = b'","status":'


@pytest.fixture(scope="module")
def place() -> Iterator[Web]:
    """After everybody's visit."""
    text = (DEPLOY / "ideolab-front.conf").read_text()
    text = text.replace("limit_conn ideolab_front 300;", f"limit_conn ideolab_front {LIMIT};")
    text = text.replace(
        "#access_log /var/log/nginx/ideolab-front.log", "access_log @DIRECTORY@/log/front.log"
    )
    text = text.replace("/run/ideolab/nginx.sock", "@DIRECTORY@/../run/nginx.sock")
    with web.web("f2bngx-front", top=f"load_module {MODULE};", listen=BEHIND, main=text) as made:
        make_directories(made.directory)
        with intake(Front(made.server, made.client, made.directory, made.nginx)):
            with made.client.enter():
                _visits()
            wait_until(
                lambda: len(lines(made)) >= VISITS, lambda: f"lines are missing:\n{made.log('front.log')}"
            )
            # one too many would come now
            time.sleep(0.5)
        yield made


def _visits() -> None:
    hello = client_hello()
    silent = [connect("198.51.100.1") for _number in range(LIMIT)]
    half = connect("2001:db8:c::2")
    half.sendall(hello[: len(hello) // 2])
    over = [connect("198.51.100.1", timeout_s=5) for _number in range(3)]
    # refused at once, not after the timeout
    assert [client.recv(1) for client in over] == [b""] * 3
    connect("198.51.100.111").close()
    with tls("198.51.100.100") as visitor:
        visitor.sendall(b"GET /style.css HTTP/1.1\r\nHost: lab.example\r\nConnection: close\r\n\r\n")
        assert received(visitor).startswith(b"HTTP/1.1 200 ")
    # a server name that ends the field, if it could; the hello is whole, what follows it never comes
    forger = connect("203.0.113.99")
    forger.sendall(hello.replace(b"lab.example", HOSTILE_NAME))
    time.sleep(11)
    for client in (*silent, half, *over, forger):
        client.close()


def lines(place: Web) -> list[str]:
    """Return what a file would hold."""
    return place.log("front.log").splitlines()


def written(place: Web) -> list[str]:
    """Return what the intake wrote for the jail."""
    return (place.directory / "log/nginx-access.log").read_text().splitlines()


def test_what_comes_through_the_intake(place: Web) -> None:
    """Silent connections and those over the limit, nothing else; an IPv6 client is its /64."""
    found = [json.loads(line) for line in written(place)]

    assert sorted((line["ip"], line["status"]) for line in found) == sorted(
        [("198.51.100.1", "200")] * LIMIT + [("198.51.100.1", "503")] * 3 + [("2001:db8:c::/64", "200")]
    )


def test_every_connection_has_a_line(place: Web) -> None:
    """Silent ones, half hellos, those over the limit, health checks and visits."""
    found = [json.loads(line) for line in lines(place)]
    told = sorted((line["ip"], line["status"], bool(line["pre"]), line["sess"] > 9.9) for line in found)

    assert told == sorted(
        [("198.51.100.1", "200", False, True)] * LIMIT
        + [("198.51.100.1", "503", False, False)] * 3
        + [("2001:db8:c::2", "200", False, True), ("198.51.100.111", "200", False, False)]
        + [("198.51.100.100", "200", True, False), ("203.0.113.99", "200", True, True)]
    )


def test_the_filter_counts_silence(place: Web) -> None:
    """Nobody else; what is over the limit is another mode's, which no jail has: a carrier may be."""
    for found, six in ((lines(place), "2001:db8:c::2"), (written(place), "2001:db8:c::/64")):
        assert replay.hits(replay.matcher("nginx-ideolab-front"), found) == {"198.51.100.1": LIMIT, six: 1}
        assert replay.hits(replay.matcher("nginx-ideolab-front", "limit"), found) == {"198.51.100.1": 3}
        # the other jail of this log
        assert replay.hits(replay.matcher("nginx-ideolab-stalled", "aggressive"), found) == {}


def test_the_server_behind_knows_the_visitor(place: Web) -> None:
    """By the PROXY protocol."""
    (line,) = place.objects("all.log")

    assert (line["ip"], line["status"], line["uri"]) == ("198.51.100.100", "200", "/style.css")
