"""Requests that last on a real nginx: who streams is no slow client, and who is slow still is one."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, NamedTuple

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.intake import kind
from ideolab_f2b.intake.text import Evidence
from tests.nginx import replay, web
from tests.nginx.http2 import Connection, connect_http2
from tests.nginx.test_hardening import received, tls
from tests.nginx.web import Web

pytestmark = pytest.mark.root

ACCESS = "nginx-ideolab-stalled"
GRPC = {"content-type": "application/grpc", "te": "trailers"}
MESSAGE = b"\0\0\0\0\x05hello"
#: seconds: nginx waits so long for more of a body here, and the filter calls a request long
BODY_TIMEOUT_S, LONG_S = 2, 11


@contextlib.contextmanager
def stream(address: str, path: str, headers: Mapping[str, str] = {}) -> Iterator[tuple[Connection, int]]:
    """A request of HTTP/2 whose body is to come."""
    with contextlib.closing(connect_http2(address)) as client:
        yield client, client.request(path, "POST", headers)


def send_for(client: Connection, number: int, seconds: float, data: bytes) -> None:
    """Send it each second, and take what comes."""
    for _second in range(int(seconds)):
        client.send(number, data)
        client.read(0.01)
        time.sleep(1)


def wait_for_messages(client: Connection, number: int, count: int) -> None:
    """Return when so many have come back."""
    wait_until(
        lambda: client.read(0.1) and client.received.get(number) == MESSAGE * count,
        lambda: str(client.received),
    )


def talk_grpc(address: str) -> str:
    """Messages that are answered at once, with pauses and pings between them."""
    with stream(address, "/stream/grpc", GRPC) as (client, number):
        for count in (1, 2, 3):
            client.send(number, MESSAGE)
            wait_for_messages(client, number, count)
            for _second in range(2 * BODY_TIMEOUT_S):
                client.ping()
                client.read(1)
        client.send(number, b"", is_end=True)
        client.read(1)
        return f"{client.status[number]} {client.received[number].count(MESSAGE)} {client.pongs > 4}"


def say_and_leave(address: str) -> str:
    """Messages that nobody answers, and after eleven seconds the client is gone."""
    with stream(address, "/stream/mute", GRPC) as (client, number):
        send_for(client, number, LONG_S, MESSAGE)
        return client.status.get(number, "no answer")


def listen_where_bodies_are_collected(address: str) -> str:
    """Pings alone: nginx ends what it has not handed on."""
    with stream(address, "/app/grpc", GRPC) as (client, number):

        def is_over() -> bool:
            client.ping()
            return not client.read(0.5) or number in client.reset

        wait_until(is_over, "nginx waits for ever")
        return client.status.get(number, "no answer")


def say_where_bodies_are_collected(address: str) -> str:
    """The same with messages, until the client leaves."""
    with stream(address, "/app/grpc", GRPC) as (client, number):
        send_for(client, number, LONG_S, MESSAGE)
        return client.status.get(number, "no answer")


def watch_events(address: str) -> str:
    """A dashboard that is closed after some events."""
    with tls(address) as client:
        client.sendall(b"GET /stream/events HTTP/1.1\r\nHost: lab.example\r\n\r\n")
        return received(client, b"data: 1\n\n\r\n9\r\ndata: 1\n\n").decode()[9:12]


def open_websocket(address: str) -> str:
    """One echo, a quiet time, and another one."""
    with tls(address) as client:
        client.sendall(
            b"GET /stream/ws HTTP/1.1\r\nHost: lab.example\r\n"
            b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        head = received(client).decode()
        for _number in range(2):
            time.sleep(2 * BODY_TIMEOUT_S)
            client.sendall(b"ping\n")
            head += received(client, b"ping\n").decode()
        return f"{head[9:12]} {head.count('ping')}"


def ask_for_408(address: str) -> str:
    """The application itself answers so."""
    with tls(address) as client:
        client.sendall(b"GET /app/408 HTTP/1.1\r\nHost: lab.example\r\n\r\n")
        return received(client).decode()[9:12]


def drip_body(address: str) -> str:
    """Single bytes over HTTP/2 to an application that gets no part of it."""
    with stream(address, "/app/up", {"content-type": "text/plain"}) as (client, number):
        send_for(client, number, LONG_S, b"x")
        return client.status.get(number, "no answer")


def stop_body(address: str) -> str:
    """A body that never comes."""
    with stream(address, "/app/up") as (client, _number):
        wait_until(lambda: not client.read(0.2) or client.status or client.reset, "nginx waits for ever")
        return ""


def claim_grpc(address: str) -> str:
    """Over HTTP/1.1, which gRPC does not speak."""
    with tls(address) as client:
        client.sendall(
            b"POST /app/up HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 99\r\n"
            b"Content-Type: application/grpc\r\n\r\n1"
        )
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            received(client)
        return ""


class Client(NamedTuple):
    """`told` is what it saw; `rows` is what its line in our format says."""

    run: Callable[[str], str]
    told: str
    rows: Mapping[str, str]
    is_counted: bool = False


CLIENTS = {
    "198.51.100.101": Client(talk_grpc, "200 3 True", {"status": "200", "up": "200", "kind": "grpc"}),
    "198.51.100.102": Client(say_and_leave, "no answer", {"status": "400", "up": "-", "kind": "grpc"}),
    "198.51.100.103": Client(
        listen_where_bodies_are_collected, "no answer", {"status": "408", "up": "", "kind": "grpc"}
    ),
    "198.51.100.104": Client(
        say_where_bodies_are_collected, "no answer", {"status": "499", "up": "", "kind": "grpc"}
    ),
    "198.51.100.105": Client(watch_events, "200", {"status": "200", "up": "200", "kind": "events"}),
    "198.51.100.106": Client(open_websocket, "101 2", {"status": "101", "up": "101", "kind": "websocket"}),
    "198.51.100.107": Client(ask_for_408, "408", {"status": "408", "up": "408", "kind": ""}),
    "198.51.100.21": Client(drip_body, "no answer", {"status": "499", "up": "", "kind": ""}, True),
    "198.51.100.22": Client(stop_body, "", {"status": "408", "up": "", "kind": ""}, True),
    "198.51.100.23": Client(claim_grpc, "", {"status": "408", "up": "", "kind": ""}, True),
}


class Seen(NamedTuple):
    """What the clients saw, and what nginx logged."""

    told: dict[str, str]
    rows: dict[str, dict[str, Any]]
    lines: dict[str, list[str]]


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """All of them at the same time."""

    def run(place: Web, address: str) -> str:
        with place.client.enter():
            return CLIENTS[address].run(address)

    server = f"client_body_timeout {BODY_TIMEOUT_S}s;"
    with web.web("f2bngx-last", server=server) as place:
        with ThreadPoolExecutor(len(CLIENTS)) as pool:
            told = dict(zip(CLIENTS, pool.map(lambda address: run(place, address), CLIENTS)))
        wait_until(lambda: place.log("all.log").count("\n") >= len(CLIENTS), lambda: place.log("all.log"))
        # one too many would come now
        time.sleep(0.5)
        lines = {name: place.log(f"{name}.log").splitlines() for name in ("all", "stalled", "error")}
        yield Seen(told, {row["ip"]: row for row in place.objects("all.log")}, lines)


def test_who_streams_is_served(seen: Seen) -> None:
    """Longer than nginx waits for more of any other body."""
    assert seen.told == {address: client.told for address, client in CLIENTS.items()}


def test_the_log_says_what_a_request_was(seen: Seen) -> None:
    """Whether an application was asked, and what it answered with."""
    assert {
        address: {name: seen.rows[address][name] for name in ("status", "up", "kind")}
        for address in seen.rows
    } == {address: client.rows for address, client in CLIENTS.items()}
    for address in ("198.51.100.102", "198.51.100.104", "198.51.100.21"):
        assert seen.rows[address]["rt"] > 10 and seen.rows[address]["in"] < 10_000


@pytest.mark.parametrize("log", ["all", "stalled"])
def test_only_who_is_slow_is_counted(seen: Seen, log: str) -> None:
    """By the filter, and by the intake, which would spare less for others."""
    counted = {address: 1 for address, client in CLIENTS.items() if client.is_counted}

    assert replay.hits(replay.matcher(ACCESS), seen.lines[log]) == counted
    timeouts = [
        line
        for line in seen.lines[log]
        if kind.classify_access(line.encode())[1].evidence is Evidence.TIMEOUT
    ]
    assert replay.hits(replay.matcher(ACCESS), timeouts) == counted
    assert len(timeouts) == len(counted)


@pytest.mark.parametrize("mode", ["normal", "probe"])
def test_the_error_log_counts_none_of_them(seen: Seen, mode: str) -> None:
    """Neither who streams nor whose body is slow."""
    assert replay.hits(replay.matcher("nginx-ideolab-slowtls", mode), seen.lines["error"]) == {}


def test_what_no_jail_counts_is_not_sent(seen: Seen) -> None:
    """But gRPC that no application was asked for, which mode aggressive shows."""
    sent = {
        address for address in CLIENTS if any(f'"ip":"{address}"' in line for line in seen.lines["stalled"])
    }

    assert sent == {"198.51.100.103", "198.51.100.104", "198.51.100.21", "198.51.100.22", "198.51.100.23"}
