"""Our access log on a real nginx: which requests are stalled, and that the filter counts just these."""

from __future__ import annotations

import json
import time

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.fingerprint import tls_hello
from ideolab_f2b.intake.client import key_of
from ideolab_f2b.intake.limits.share import Served
from tests.nginx import replay, web
from tests.nginx.test_hardening import received, tls
from tests.nginx.web import ASSETS

pytestmark = pytest.mark.root

UPLOAD = b"POST %s HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 100\r\n\r\n"
ACCESS = "nginx-ideolab-stalled"
SITE = "https://192.0.2.1"


def test_stalled_requests_are_logged_and_counted() -> None:
    """A body that never comes, one in single bytes that ends after 11 s; no page, and no quick abort."""
    zone = "limit_req_zone $server_name zone=slow:1m rate=1r/m;"
    server = "client_body_timeout 3s; location /delayed { limit_req zone=slow burst=9; }"
    logs = web.ours("ideolab-log.conf") + web.ours("ideolab-served.conf")
    with web.web("f2bngx-log", http=zone + logs, server=server, proxy="", stream="") as place:
        with place.client.enter():
            at_once, delayed = (tls("198.51.100.101") for _number in range(2))
            for visitor in (at_once, delayed):
                visitor.sendall(b"GET /delayed HTTP/1.1\r\nHost: lab.example\r\n\r\n")
            never, drip, quick = (tls(f"198.51.100.{last}") for last in (25, 22, 33))
            for client in (never, drip, quick):
                client.sendall(UPLOAD % b"/app/upload")
            quick.close()
            for _second in range(11):
                drip.sendall(b"x")
                time.sleep(1)
            assert received(never) == b""
            for client in (never, drip, at_once, delayed):
                client.close()
        place.curl("--interface", "198.51.100.100", "https://192.0.2.1/", "-o", "/dev/null")
        wait_until(lambda: place.log("all.log").count("\n") >= 6, lambda: place.log("all.log"))
        # one too many would come now
        time.sleep(0.5)
        every, stalled = place.objects("all.log"), place.objects("stalled.log")
        lines = {name: place.log(f"{name}.log").splitlines() for name in ("all", "stalled", "combined")}

    assert sorted((line["ip"], line["status"]) for line in every) == [
        ("198.51.100.100", "200"),
        # at once, and delayed until the visitor left
        ("198.51.100.101", "404"),
        ("198.51.100.101", "499"),
        ("198.51.100.22", "400"),
        ("198.51.100.25", "408"),
        ("198.51.100.33", "400"),
    ]
    assert sorted(line["ip"] for line in stalled) == ["198.51.100.22", "198.51.100.25"]
    found = replay.matcher(ACCESS)
    assert replay.hits(found, lines["all"]) == {"198.51.100.22": 1, "198.51.100.25": 1}
    assert replay.hits(found, lines["stalled"]) == {"198.51.100.22": 1, "198.51.100.25": 1}
    assert replay.hits(replay.matcher(ACCESS), lines["combined"]) == {}
    keys = {tls_hello.read_line(line)["nj1"] for line in lines["stalled"]}
    assert len(keys) == 1 and keys.pop().startswith("nj1_13_")
    assert json.loads(lines["stalled"][0])["in"] < 1000


def test_answered_requests_are_named() -> None:
    """Sixty files over HTTP/2 are worth sixty answers in a few lines; a missing page and a 405 are none."""
    client = key_of(b"198.51.100.124")
    with web.web("f2bngx-served") as place:
        assert len(web.burst(place)) == ASSETS
        for words in ([f"{SITE}/missing"], [f"{SITE}/style.css", "-d", "x"]):
            place.curl("--interface", "198.51.100.124", "-o", "/dev/null", *words)
        wait_until(lambda: place.log("all.log").count("\n") >= ASSETS + 2, lambda: place.log("all.log"))
        lines = place.log("served.log").splitlines()
        served = Served()
        malformed = served.add([line.encode() for line in lines], 0.0)

    assert malformed == 0
    # a second connection, opened before curl knew of HTTP/2, has numbers of its own
    assert ASSETS - 10 <= served.table.value(served.table.row(client)) <= ASSETS
    assert len(lines) <= ASSETS / 2
    assert {line.split()[1] for line in lines} == {"200"}
