"""The names of the lab's addresses; nobody asks a server."""

from __future__ import annotations

import errno
import socket
import time
from typing import Any

GOOGLE, BING = "198.51.100.201", "198.51.100.202"
#: without a name; named as Google without being it, by its own server; by a longer name; by a silent server
NAMELESS, LIAR, LONGER, SILENT = (f"203.0.113.{last}" for last in (240, 241, 242, 243))
#: what the owner of an address says its name is
_NAMES = {
    GOOGLE: "crawl-198-51-100-201.googlebot.com",
    BING: "msnbot-198-51-100-202.search.msn.com",
    LIAR: "crawl-203-0-113-241.googlebot.com",
    LONGER: "crawl-203-0-113-242.googlebot.com.evil.example",
}
#: what the owner of a name says its address is
_ADDRESSES = {
    "crawl-198-51-100-201.googlebot.com": GOOGLE,
    "msnbot-198-51-100-202.search.msn.com": BING,
    "crawl-203-0-113-242.googlebot.com.evil.example": LONGER,
}
_SILENT_S = 30.0
_plain = socket.getaddrinfo


def find_names(address: str) -> tuple[str, list[str], list[str]]:
    """Return what socket.gethostbyaddr does."""
    if address == SILENT:
        time.sleep(_SILENT_S)
        raise socket.herror(2, "Host name lookup failure")
    if address not in _NAMES:
        raise socket.herror(1, "Unknown host")
    return _NAMES[address], [], [address]


def find_addresses(host: Any, *words: Any, **named: Any) -> Any:
    """Return what socket.getaddrinfo does, which still knows addresses as they are written."""
    name = str(host).rstrip(".")
    if name in _ADDRESSES:
        return _plain(_ADDRESSES[name], *words, **named)
    if name.endswith((".googlebot.com", ".evil.example")):
        raise socket.gaierror(socket.EAI_NONAME, errno.errorcode[errno.ENOENT])
    return _plain(host, *words, **named)
