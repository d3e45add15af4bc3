"""A whois server on loopback that speaks as Cymru's does, or misbehaves in one of the ways of MODES."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import struct
import threading
from collections.abc import Mapping
from typing import Any

#: prefix -> (AS as the server writes it, country, AS name); several AS: several rows
PREFIXES: dict[str, tuple[str, str, str]] = {
    "198.51.100.0/24": ("64500", "FR", "EXAMPLE, FR"),
    "2001:db8::/32": ("64501", "DE", "EXAMPLE-SIX, DE"),
}
MODES = (
    "ok",
    "drip",
    "blackhole",
    "reset",
    "garbage",
    "empty",
    "huge",
    "multi",
    "utf8split",
    "na",
    "half",
    "open",
)
_HEAD = "Bulk mode; whois.example [2026-11-22 15:00:00 +0000]\n"
_RESET = struct.pack("ii", 1, 0)


class WhoisServer:
    """`asked` is every address of every request, `connections` their number, `requests` their bytes."""

    def __init__(
        self,
        mode: str = "ok",
        prefixes: Mapping[str, tuple[str, str, str]] = PREFIXES,
        port: int = 0,
        drip_s: float = 1.0,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f"{mode}: no such mode")
        self.mode = mode
        self.prefixes = prefixes
        self.drip_s = drip_s
        self.asked: list[str] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self._table = {ipaddress.ip_network(text): row for text, row in prefixes.items()}
        self._lengths = sorted({network.prefixlen for network in self._table}, reverse=True)
        self._is_over = threading.Event()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port: int = self._socket.getsockname()[1]

    def __enter__(self) -> WhoisServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_error: object) -> None:
        self._is_over.set()
        # accept() wakes up from a shutdown, not from a close
        self._socket.shutdown(socket.SHUT_RDWR)
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._socket.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, target: Any, *arguments: Any) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._is_over.is_set():
            try:
                connection, _peer = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            self._open = [one for one in self._open if one.fileno() >= 0]
            self._open.append(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            request = _request(connection)
            self.requests.append(request)
            addresses = _addresses(request)
            self.asked += addresses
            self._answer(connection, addresses, b"begin" in request)
        except OSError:
            pass
        finally:
            if self.mode not in ("blackhole", "open"):
                connection.close()

    def _answer(self, connection: socket.socket, addresses: list[str], is_bulk: bool) -> None:
        text = ((_HEAD if is_bulk else "") + "".join(map(self.rows, addresses))).encode()
        if self.mode == "blackhole" or self.mode == "empty":
            return
        if self.mode == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        elif self.mode == "garbage":
            connection.sendall(b"Error: no findings\n\x00\xff|||||||\n64500 | here | 0/0 | ?? | | |\r\n" * 20)
        elif self.mode == "drip":
            self._drip(connection, text)
        elif self.mode == "huge":
            while not self._is_over.is_set():
                connection.sendall(b"x" * 65536)
        elif self.mode == "utf8split":
            self._split(connection, text)
        elif self.mode == "half":
            connection.sendall(text[: len(text) // 2])
        else:
            connection.sendall(text)

    def _drip(self, connection: socket.socket, text: bytes) -> None:
        for position in range(len(text)):
            connection.sendall(text[position : position + 1])
            if self._is_over.wait(self.drip_s):
                return

    def _split(self, connection: socket.socket, text: bytes) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # inside of the first character that has two bytes
        cut = next(position for position, byte in enumerate(text) if byte > 0x7F) + 1
        connection.sendall(text[:cut])
        self._is_over.wait(0.1)
        connection.sendall(text[cut:])

    def rows(self, address: str) -> str:
        """The rows about one address, in Cymru's columns."""
        network = self._network(address)
        if network is None or self.mode == "na":
            return f"NA      | {address:<16} | NA                  |    | {'':8} |            | NA\n"
        numbers, country, name = self._table[network]
        rows = [
            f"{number:<7} | {address:<16} | {network!s:<19} | {country:<2} | ripencc  | 2011-08-11 | {name}\n"
            for number in ([numbers, "64499"] if self.mode == "multi" else [numbers])
        ]
        return "".join(rows)

    def _network(self, address: str) -> Any:
        for length in self._lengths:
            try:
                network = ipaddress.ip_network(f"{address}/{length}", strict=False)
            except ValueError:
                continue
            if network in self._table:
                return network
        return None


def _request(connection: socket.socket) -> bytes:
    data = b""
    while True:
        piece = connection.recv(65536)
        data += piece
        is_bulk = b"begin" in data
        # ipwhois ends its bulk form without a line feed
        if not piece or (re.search(rb"\nend\s*\Z", data[-8:]) if is_bulk else data.endswith(b"\n")):
            return data


def _addresses(request: bytes) -> list[str]:
    return [word for word in request.decode().split() if _is_address(word)]


def _is_address(word: str) -> bool:
    try:
        ipaddress.ip_address(word)
    except ValueError:
        return False
    return True
