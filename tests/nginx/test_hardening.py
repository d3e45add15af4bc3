"""The hardening on a real nginx: people notice nothing, slow clients are closed, limits hold."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Callable

import pytest

from demo.attacker import connect, tls_context
from tests.nginx import replay, web
from tests.nginx.web import ASSETS, Web

pytestmark = pytest.mark.root

#: a silent client is closed after 15 s, a stalled body after 20
CLOSED_S = 15.0


@pytest.fixture(scope="module")
def place() -> Iterator[Web]:
    with web.web("f2bngx-hard") as made:
        yield made


def tls(address: str, name: str = "lab.example") -> ssl.SSLSocket:
    """A connection of this address, in the calling thread's namespace."""
    return tls_context().wrap_socket(
        connect(address, timeout_s=60, receive_buffer=32768), server_hostname=name
    )


def received(client: socket.socket, until: bytes = b"\r\n\r\n") -> bytes:
    data = b""
    while until not in data:
        more = client.recv(65536)
        if not more:
            break
        data += more
    return data


def test_a_page_of_60_assets_is_served_twice(place: Web) -> None:
    """All at once over one HTTP/2 connection: 120 of 120 answered 200."""
    told = [*web.burst(place), *web.burst(place)]

    assert [line.split()[:2] for line in told] == [["200", "2"]] * 2 * ASSETS
    # a second connection is one that curl opened before it knew of HTTP/2
    assert sum(int(line.split()[2]) for line in told) <= 4


def test_three_people_behind_one_address_are_served(place: Web) -> None:
    """The same page at the same moment: 180 of 180, and no line that a jail would count."""
    with ThreadPoolExecutor(3) as pool:
        told = [line for page in pool.map(lambda _person: web.burst(place), range(3)) for line in page]

    assert [line.split()[0] for line in told] == ["200"] * 3 * ASSETS
    found = replay.matcher("nginx-ideolab-slowtls")
    assert "198.51.100.124" not in replay.hits(found, place.log("error.log").splitlines())


def test_the_limits_of_the_seed_refuse_the_same_page() -> None:
    """What the burst is measured by: 10 requests a second and 40 more are not enough for a browser."""
    log = web.ours("ideolab-log.conf") + web.ours("ideolab-served.conf")
    with web.web(
        "f2bngx-seed", http=log + web.SEED_HTTP, server=web.SEED_SERVER, proxy="", stream=""
    ) as seed:
        told = [*web.burst(seed), *web.burst(seed)]

    assert sum(line.startswith("503 ") for line in told) > 20


def upload() -> str:
    """600 bytes at a time, with a pause of 14 s as a phone without radio makes it."""
    with tls("198.51.100.108") as client:
        client.sendall(b"POST /app/upload HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 6000\r\n\r\n")
        for piece in range(10):
            time.sleep(14 if piece == 5 else 0.3)
            client.sendall(b"x" * 600)
        return received(client, b"6000").decode()


def websocket() -> str:
    """Quiet for longer than any of our times."""
    with tls("198.51.100.105") as client:
        client.sendall(
            b"GET /stream/ws HTTP/1.1\r\nHost: lab.example\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        head = received(client).decode()
        for _number in range(2):
            time.sleep(21)
            client.sendall(b"ping\n")
            head += received(client, b"ping\n").decode()
        return head


def video() -> str:
    """Takes a megabyte, pauses for 40 s with a full window, takes the rest."""
    with tls("198.51.100.110") as client:
        client.sendall(b"GET /big.bin HTTP/1.1\r\nHost: lab.example\r\n\r\n")
        taken = len(received(client))
        while taken < 1 << 20:
            taken += len(client.recv(65536))
        time.sleep(40)
        while taken < 16 << 20:
            more = len(client.recv(65536))
            if not more:
                return f"cut after {taken}"
            taken += more
        return "whole"


def page() -> str:
    """A browser that comes back to its connection after 25 s."""
    with tls("198.51.100.101") as client:
        answers = []
        for pause in (0, 25):
            time.sleep(pause)
            client.sendall(b"GET /style.css HTTP/1.1\r\nHost: lab.example\r\n\r\n")
            answers.append(received(client, b"teal }\n" * 1)[:15].decode())
            client.settimeout(1)
            try:
                while client.recv(65536):
                    pass
            except TimeoutError:
                client.settimeout(60)
        return " ".join(answers)


def closed_after(begin: Callable[[], socket.socket]) -> float:
    began = time.monotonic()
    with begin() as client:
        client.settimeout(60)
        try:
            while client.recv(65536):
                pass
        except OSError:
            pass
    return time.monotonic() - began


def silent() -> socket.socket:
    return connect("198.51.100.10", timeout_s=60)


def handshake() -> socket.socket:
    return tls("198.51.100.14")


def half_head() -> socket.socket:
    client = tls("198.51.100.20")
    client.sendall(b"GET / HTTP/1.1\r\nHost: lab.example\r\n")
    return client


def other_name() -> socket.socket:
    """The times of the default server count, whatever name is asked for."""
    client = tls("198.51.100.21", "other.example")
    client.sendall(b"GET / HTTP/1.1\r\n")
    return client


PEOPLE: tuple[Callable[[], str], ...] = (upload, websocket, video, page)
ATTACKERS: dict[str, Callable[[], socket.socket]] = {
    "198.51.100.10": silent,
    "198.51.100.14": handshake,
    "198.51.100.20": half_head,
    "198.51.100.21": other_name,
}


@pytest.fixture(scope="module")
def lived(place: Web) -> dict[str, Any]:
    """What became of slow people and slow clients who were there at the same time."""

    def live(job: Callable[[], Any]) -> Any:
        with place.client.enter():
            return job()

    with ThreadPoolExecutor(len(PEOPLE) + len(ATTACKERS)) as pool:
        told = {job.__name__: pool.submit(live, job) for job in PEOPLE}
        told.update(
            (name, pool.submit(live, partial(closed_after, begin))) for name, begin in ATTACKERS.items()
        )
        return {name: one.result() for name, one in told.items()}


def test_slow_people_are_served(lived: dict[str, Any]) -> None:
    """An upload with a radio gap, a quiet websocket, a paused video, a page left open: all unharmed."""
    assert lived["upload"].startswith("HTTP/1.1 200 ") and lived["upload"].endswith("\r\n\r\n6000")
    assert lived["websocket"].startswith("HTTP/1.1 101 ")
    assert lived["websocket"].endswith("\r\n\r\nping\nping\n")
    assert lived["video"] == "whole"
    assert lived["page"] == "HTTP/1.1 200 OK HTTP/1.1 200 OK"


def test_slow_clients_are_closed_early(place: Web, lived: dict[str, Any]) -> None:
    """Nothing, a handshake and nothing, half a request: after 15 s, where nginx itself gives them 60."""
    took = [lived[address] for address in ATTACKERS]
    # other tests run beside this one
    assert all(CLOSED_S - 1 < each < 2 * CLOSED_S for each in took), took

    found = replay.matcher("nginx-ideolab-slowtls", "idle")
    failures = replay.hits(found, place.log("error.log").splitlines())
    assert {address: failures[address] for address in ATTACKERS} == dict.fromkeys(ATTACKERS, 1)


def test_nobody_slow_and_honest_is_counted(place: Web, lived: dict[str, Any]) -> None:
    """In no mode that bans."""
    lines = place.log("error.log").splitlines()
    honest = {f"198.51.100.{last}" for last in (101, 105, 108, 110, 124)}

    for mode in ("idle", "probe"):
        assert honest.isdisjoint(replay.hits(replay.matcher("nginx-ideolab-slowtls", mode), lines))
    assert honest.isdisjoint(
        replay.hits(replay.matcher("nginx-ideolab-stalled"), place.log("all.log").splitlines())
    )


def test_one_host_has_at_most_200_requests_at_once(place: Web) -> None:
    """Of an IPv6 /64 all addresses together: of 210 downloads that nobody takes ten must wait."""
    with place.client.enter():
        clients = [tls(f"2001:db8:c::{number:x}") for number in range(1, 211)]
        for client in clients:
            client.sendall(b"GET /big.bin HTTP/1.1\r\nHost: lab.example\r\n\r\n")
        answers = [client.recv(64)[:12] for client in clients]
        for client in clients:
            client.close()

    # nginx reads them in an order of its own
    assert Counter(answers) == {b"HTTP/1.1 200": 200, b"HTTP/1.1 429": 10}
    lines = place.log("error.log").splitlines()
    for mode, count in (("limit", 10), ("normal", 0)):
        failures = replay.hits(replay.matcher("nginx-ideolab-slowtls", mode), lines)
        assert sum(failures[who] for who in failures if who.startswith("2001:db8:c::")) == count


def test_control_characters_in_a_path_are_refused(place: Web) -> None:
    """And nothing of them reaches the error log."""
    url = "https://192.0.2.1/x%0A2026/11/22%2015:40:00%20%5Binfo%5D%20forged"

    assert place.curl("-o", "/dev/null", "-w", "%{http_code}", url) == "400"
    assert "forged" not in place.log("error.log")


def test_the_application_is_told_the_true_client(place: Web) -> None:
    """What a client claims in X-Forwarded-For is gone."""
    words = ["--interface", "198.51.100.9", "-H", "Host: lab.example"]
    for name in ("X-Forwarded-For", "X-Real-IP"):
        words += ["-H", f"{name}: 203.0.113.1"]
    told = dict(json.loads(place.curl(*words, "https://192.0.2.1/app/")))

    assert {name: told[name] for name in told if name.startswith("X-")} == {
        "X-Real-IP": "198.51.100.9",
        "X-Forwarded-For": "198.51.100.9",
        "X-Forwarded-Host": "lab.example",
        "X-Forwarded-Proto": "https",
    }


def test_the_log_is_json_whatever_a_client_sends(place: Web) -> None:
    """Quotes, backslashes and control characters in the agent; with what the client offered in TLS."""
    place.curl("-A", 'x"\\\t\x01{', "--interface", "198.51.100.77", "https://192.0.2.1/")

    (line,) = [line for line in place.objects("all.log") if line["ip"] == "198.51.100.77"]
    assert line["agent"] == 'x"\\\t\x01{'
    assert (line["status"], line["tls"], line["proto"], line["up"]) == ("200", "TLSv1.3", "HTTP/2.0", "")
    assert line["ciphers"].startswith("TLS_AES_256_GCM_SHA384:")
    assert line["alpn"] == "h2"
    assert int(line["rtt_us"]) > 0
