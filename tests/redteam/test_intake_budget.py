"""A flood of paths that name other clients takes no line of those who send garbage, and no disk."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import threading
import time

import pytest

from demo.attacker import connect, tls_context
from demo.lab.wait import wait_until
from tests.intake.front import front, intake
from tests.redteam import nginx_jails

pytestmark = [pytest.mark.redteam, pytest.mark.root, pytest.mark.needs("fail2ban")]

FLOOD, GARBAGE = "198.51.100.7", "198.51.100.41"
FLOOD_S, THREADS, PIPELINE = 8.0, 4, 90
PATH = "GET /style.css,%%20client:%%20%d.%d.%d.%d,%%20server:%%20%s HTTP/1.1\r\nHost: lab.example\r\n\r\n"


def flood(end: float) -> None:
    """Pipelines of 404s with an address of somebody else in each, and a kilobyte to write."""
    while time.monotonic() < end:
        with contextlib.suppress(OSError), tls_context().wrap_socket(connect(FLOOD, 10)) as client:
            while time.monotonic() < end:
                numbers = [
                    tuple(random.randrange(1, 223) for _byte in range(4)) for _request in range(PIPELINE)
                ]
                client.sendall("".join(PATH % (*four, "x" * 1000) for four in numbers).encode())
                answered, data = 0, b"-"
                while data and answered < PIPELINE:
                    data = client.recv(1 << 16)
                    answered += data.count(b"HTTP/1.1 404")
                if not data:
                    break


def send_garbage(end: float) -> int:
    """Return how many connections were made: two every half second."""
    made = 0
    while time.monotonic() < end:
        for _number in range(2):
            with contextlib.suppress(OSError), connect(GARBAGE) as client:
                client.sendall(b"\x16\x03\x01\x00\x50" + b"A" * 80)
                made += 1
                client.recv(100)
        time.sleep(0.5)
    return made


def test_garbage_is_banned_during_the_flood() -> None:
    """By the jail probe, while thousands of lines a second name clients that the attacker chose."""
    with nginx_jails.guarded("f2brt-budget") as (place, _fail2ban):
        with place.client.enter():
            end = time.monotonic() + FLOOD_S
            threads = [threading.Thread(target=flood, args=(end,), daemon=True) for _number in range(THREADS)]
            for thread in threads:
                thread.start()
            assert send_garbage(end) >= 3
            for thread in threads:
                thread.join(30)
        wait_until(lambda: nginx_jails.banned(place)["ideolab_probe"], place.log.read_text)
        found = nginx_jails.banned(place)
        flooded = place.file().count('open() "')
        text = place.log.read_text()

    assert flooded > 1000
    assert found["ideolab_probe"] == [f"{GARBAGE}/32"]
    assert found["ideolab_slowtls"] == []
    assert "open()" not in text
    assert set(re.findall(r", client: ([^,]+),", text)) <= {GARBAGE, FLOOD}
    assert len(text) < 100_000


def test_a_stopped_intake_stops_no_visitor() -> None:
    """nginx never waits for it: 2,000 requests are answered while nobody reads what they send."""
    with front("f2brt-stopped", nginx_jails.TEMPLATE) as place, intake(place) as child:
        os.kill(child.pid, signal.SIGSTOP)
        try:
            with place.client.enter(), tls_context().wrap_socket(connect(FLOOD, 60)) as client:
                for _request in range(2000):
                    client.sendall(b"GET / HTTP/1.1\r\nHost: lab.example\r\n\r\n")
                    assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        finally:
            os.kill(child.pid, signal.SIGCONT)
