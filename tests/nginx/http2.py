"""One connection of HTTP/2, as far as tests need it: requests, bodies, pings, and what came back."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator, Mapping

from demo.attacker import NAME, connect, tls_context

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
#: types of frames, and flags
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _WINDOW = 0, 1, 3, 4, 6, 8
_END_STREAM, _END_HEADERS, _ACK = 1, 4, 1
#: of the static table: what a response's status can be; every other is a literal
_STATUS = {0x88: "200", 0x89: "204", 0x8B: "304", 0x8C: "400", 0x8D: "404", 0x8E: "500"}


def connect_http2(address: str, timeout_s: float = 10.0) -> Connection:
    """Return a connection of this address, in the calling thread's namespace."""
    context = tls_context()
    context.set_alpn_protocols(["h2"])
    return Connection(context.wrap_socket(connect(address, timeout_s), server_hostname=NAME))


class Connection:
    """Sends frames; `status` and `reset` are what the server said of each stream so far."""

    def __init__(self, socket: ssl.SSLSocket) -> None:
        self._socket, self._next, self._buffer = socket, 1, b""
        self.status: dict[int, str] = {}
        #: {stream: error code of its RST_STREAM}
        self.reset: dict[int, int] = {}
        self.received: dict[int, bytes] = {}
        #: what the server allows, by the numbers of its settings
        self.settings: dict[int, int] = {}
        self.pongs = 0
        socket.sendall(_PREFACE + _frame(_SETTINGS, 0, 0))

    def request(self, path: str, method: str = "GET", headers: Mapping[str, str] = {}) -> int:
        """Begin a request and return its stream; one with a body goes on with send()."""
        stream, self._next = self._next, self._next + 2
        fields = {":method": method, ":scheme": "https", ":authority": NAME, ":path": path, **headers}
        block = b"".join(_literal(name) + _literal(value, b"") for name, value in fields.items())
        flags = _END_HEADERS | (_END_STREAM if method == "GET" else 0)
        self._socket.sendall(_frame(_HEADERS, flags, stream, block))
        return stream

    def send(self, stream: int, data: bytes, is_end: bool = False) -> None:
        """Send a piece of a body."""
        self._socket.sendall(_frame(_DATA, _END_STREAM if is_end else 0, stream, data))

    def ping(self) -> None:
        """Send a ping, which the server answers."""
        self._socket.sendall(_frame(_PING, 0, 0, bytes(8)))

    def read(self, seconds: float) -> bool:
        """Take what comes within so many seconds; return whether the connection is still open."""
        self._socket.settimeout(seconds)
        with contextlib.suppress(TimeoutError):
            data = self._socket.recv(65536)
            self._buffer += data
            for kind, flags, stream, payload in self._frames():
                self._take(kind, flags, stream, payload)
            return bool(data)
        return True

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()

    def _frames(self) -> Iterator[tuple[int, int, int, bytes]]:
        while len(self._buffer) >= 9:
            end = 9 + int.from_bytes(self._buffer[:3], "big")
            if len(self._buffer) < end:
                break
            head, payload, self._buffer = self._buffer[:9], self._buffer[9:end], self._buffer[end:]
            yield head[3], head[4], int.from_bytes(head[5:], "big"), payload

    def _take(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        if kind == _HEADERS:
            self.status.setdefault(stream, _status_of(payload))
        elif kind == _DATA:
            self.received[stream] = self.received.get(stream, b"") + payload
            more = len(payload).to_bytes(4, "big")
            if payload:
                self._socket.sendall(_frame(_WINDOW, 0, 0, more) + _frame(_WINDOW, 0, stream, more))
        elif kind == _RESET:
            self.reset[stream] = int.from_bytes(payload, "big")
        elif kind == _SETTINGS and not flags & _ACK:
            for begin in range(0, len(payload), 6):
                number, value = payload[begin : begin + 2], payload[begin + 2 : begin + 6]
                self.settings[int.from_bytes(number, "big")] = int.from_bytes(value, "big")
            self._socket.sendall(_frame(_SETTINGS, _ACK, 0))
        elif kind == _PING and flags & _ACK:
            self.pongs += 1


def _frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big") + payload


def _literal(text: str, before: bytes = b"\x00") -> bytes:
    """Return a string of HPACK without Huffman; a name has before it that it is not remembered."""
    assert len(text) < 127
    return before + bytes((len(text),)) + text.encode()


def _status_of(block: bytes) -> str:
    """Return the status: nginx sends it first, indexed or as three digits."""
    if block[0] in _STATUS:
        return _STATUS[block[0]]
    # a literal with an indexed name; nginx writes the digits without Huffman
    return block[2:5].decode()
