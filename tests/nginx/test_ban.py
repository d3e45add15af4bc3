"""The jails as shipped, on a real fail2ban-server that reads the logs of a real nginx."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Iterator

import pytest

from demo.attacker import connect
from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import write_distribution
from demo.lab.wait import ENOUGH_S, wait_until
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.nginx import web
from tests.nginx.http2 import Connection, connect_http2
from tests.nginx.test_hardening import tls
from tests.nginx.web import Web

pytestmark = pytest.mark.root

#: {jail: its log}
LOGS = {
    "nginx-ideolab-slowtls": "error.log",
    "nginx-ideolab-probe": "error.log",
    "nginx-ideolab-stalled": "all.log",
    "nginx-ideolab-slots": "all.log",
}
SILENT, PROBE, STALLED, PROGRAM, GRPC, HONEST = (f"198.51.100.{last}" for last in (10, 41, 25, 42, 60, 100))
#: kernel set -> whom it must hold: each has as many lines as maxretry says
BANNED = {
    "ideolab_slowtls": SILENT,
    "ideolab_probe": PROBE,
    "ideolab_stalled": STALLED,
    "ideolab_slots": PROGRAM,
}


@pytest.fixture(scope="module")
def attacked() -> Iterator[tuple[Web, Sets]]:
    """After all attacks, and a few missteps of somebody honest."""
    with web.web("f2bngx-ban", server="client_header_timeout 2s; client_body_timeout 2s;") as place:
        with place.server.enter():
            sets = Sets()
        log = place.directory / "nginx/log"
        jails = "".join(f"[{name}]\nenabled = true\nlogpath = {log}/{LOGS[name]}\n" for name in LOGS)
        directory = place.directory / "fail2ban"
        fail2ban = Fail2ban(
            place.server, directory, jails, tuple(LOGS), write_config=write_distribution
        ).start()
        try:
            with place.client.enter():
                _attack()
            yield place, sets
        finally:
            fail2ban.stop()
            sets.close()


def _attack() -> None:
    held: list[socket.socket] = [connect(SILENT) for _number in range(15)] + [
        connect(HONEST) for _number in range(5)
    ]
    for address, count in ((PROBE, 3), (HONEST, 2)):
        for _number in range(count):
            garbage = connect(address)
            garbage.sendall(
                b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00\r\n\r\n"
            )
            held.append(garbage)
    for address, count in ((STALLED, 10), (HONEST, 2)):
        for _number in range(count):
            stalled = tls(address)
            stalled.sendall(b"POST /app/x HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 9\r\n\r\n")
            held.append(stalled)
    streams = [
        *_ask(PROGRAM, "/app/events", 250, {}),
        # what a page can make a browser ask for
        *_ask(HONEST, "/app/events", 250, {"origin": "https://evil.example"}),
    ]
    # clients whose location collects whole bodies: nginx ends each
    calls = [_ask(GRPC, "/app/x", 1, {"content-type": "application/grpc"})[0] for _number in range(12)]
    for client in held:
        _wait_for_end(client)
        client.close()
    for call in calls:
        _wait_for_reset(call)
    for connection in (*streams, *calls):
        connection.close()


def _ask(address: str, path: str, count: int, headers: dict[str, str]) -> list[Connection]:
    """Ask for so many streams, fifty on each connection; a body never comes."""
    clients = [connect_http2(address) for _connection in range((count + 49) // 50)]
    for number in range(count):
        method = "POST" if "content-type" in headers else "GET"
        clients[number % len(clients)].request(path, method, headers)
    return clients


def _wait_for_reset(call: Connection) -> None:
    wait_until(lambda: not call.read(0.2) or bool(call.reset), "nginx does not end a call")


def _wait_for_end(client: socket.socket) -> None:
    """nginx waits for each of them for two seconds."""
    client.settimeout(ENOUGH_S)
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while client.recv(65536):
            pass


@pytest.mark.parametrize("name", sorted(BANNED))
def test_who_earned_it_is_in_the_set_of_the_jail(attacked: tuple[Web, Sets], name: str) -> None:
    """And of the others' sets none."""
    _place, sets = attacked
    network = ipaddress.IPv4Network(BANNED[name])
    wait_until(
        lambda: sets.test(name, network),
        lambda: f"{name} holds {[str(one.network) for one in sets.elements(name)]}",
    )

    assert [one.network for one in sets.elements(name)] == [network]


def test_who_made_a_few_mistakes_is_served(attacked: tuple[Web, Sets]) -> None:
    """Five lapsed connections, two garbled ones, two stalled uploads."""
    place, _sets = attacked

    told = place.curl("--interface", HONEST, "-o", "/dev/null", "-w", "%{http_code}", "https://192.0.2.1/")
    assert told == "200"
