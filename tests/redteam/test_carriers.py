"""One address of a carrier, behind which some always lose their radio, and attackers who get nothing."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from collections.abc import Iterator

import pytest

from demo.attacker import connect, tls_context
from demo.lab.wait import wait_until
from tests.intake.front import Front
from tests.redteam import nginx_jails

pytestmark = [pytest.mark.redteam, pytest.mark.root, pytest.mark.needs("fail2ban")]

CARRIER, SILENT, STALLED, GARBAGE = (f"198.51.100.{last}" for last in (7, 10, 25, 41))
PAGES, FILES = 25, 15
#: a request of HTTP/2 with a body to come: preface, SETTINGS, HEADERS, and 1,000 bytes of DATA
_HEADERS = b"\x83\x87\x44\x03/up\x41\x0blab.example"
UPLOAD2 = (
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    + bytes.fromhex("000000040000000000")
    + len(_HEADERS).to_bytes(3, "big") + bytes.fromhex("010400000001") + _HEADERS
    + (1000).to_bytes(3, "big") + bytes.fromhex("000000000001") + b"x" * 1000
)  # fmt: skip


def tls(address: str, protocol: str = "http/1.1") -> ssl.SSLSocket:
    """Return a finished handshake."""
    context = tls_context()
    context.set_alpn_protocols([protocol])
    return context.wrap_socket(connect(address, 60, 32768), server_hostname="lab.example")


def fetch_pages(address: str) -> None:
    """375 files, as 25 phones load pages of 15."""
    for _page in range(PAGES):
        with tls(address) as client:
            for _file in range(FILES):
                client.sendall(b"GET / HTTP/1.1\r\nHost: lab.example\r\n\r\n")
                assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


def lose_radio(address: str) -> Iterator[socket.socket]:
    """18 downloads that stop, 12 uploads and 12 of HTTP/2 that vanish, 15 handshakes that never end."""
    for _phone in range(18):
        client = tls(address)
        client.sendall(b"GET /big.bin HTTP/1.1\r\nHost: lab.example\r\n\r\n")
        yield client
    for _phone in range(12):
        client = tls(address)
        client.sendall(
            b"POST /up HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 300000\r\n\r\n" + b"x" * 99999
        )
        yield client
    for _phone in range(12):
        client = tls(address, "h2")
        client.sendall(UPLOAD2)
        yield client
    for _phone in range(15):
        yield connect(address)


def attack() -> Iterator[socket.socket]:
    """As many as each jail needs, by somebody who gets nothing."""
    for _number in range(15):
        yield connect(SILENT)
    for _number in range(10):
        client = tls(STALLED)
        client.sendall(b"POST /up HTTP/1.1\r\nHost: lab.example\r\nContent-Length: 300000\r\n\r\n")
        yield client
    for _number in range(3):
        garbage = connect(GARBAGE)
        garbage.sendall(b"\x16\x03\x01\x00\x50" + b"A" * 80)
        yield garbage


@pytest.fixture(scope="module")
def attacked() -> Iterator[Front]:
    """After all of it, when every attacker is banned and nginx has ended every connection."""
    with nginx_jails.guarded("f2brt-carrier") as (place, _fail2ban), contextlib.ExitStack() as held:
        with place.client.enter():
            fetch_pages(CARRIER)
            for client in (*lose_radio(CARRIER), *attack()):
                held.callback(client.close)
        # the downloads last: nginx waits for twice its send_timeout
        wait_until(
            lambda: place.file().count(f"sending response to client, client: {CARRIER}") >= 18, place.file
        )
        wait_until(lambda: all(nginx_jails.banned(place).values()), lambda: str(nginx_jails.banned(place)))
        yield place


def test_attackers_are_banned_and_the_carrier_is_not(attacked: Front) -> None:
    """Each by the jail that counts its kind."""
    assert nginx_jails.banned(attacked) == {
        "ideolab_slowtls": [f"{SILENT}/32"],
        "ideolab_probe": [f"{GARBAGE}/32"],
        "ideolab_stalled": [f"{STALLED}/32"],
    }


def test_the_carrier_left_more_lines_than_a_jail_needs(attacked: Front) -> None:
    """In nginx's own file: without the answers it would have been banned."""
    lines = re.findall(rf"client timed out .* while SSL handshaking, client: {CARRIER},", attacked.file())

    assert len(lines) == 15
    assert f"client: {CARRIER}," not in attacked.log.read_text()
