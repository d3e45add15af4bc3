"""Reads the latest fingerprints of addresses from the intake's access log; only events use them."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Collection
from pathlib import Path

from ideolab_f2b import files
from ideolab_f2b.fingerprint import tls_hello
from ideolab_f2b.kernel.client_network import is_shared

#: bytes at the end of the log that are read: some hundred requests
TAIL = 256 * 1024
#: how a line of the log begins
_START = '{"ip":"'


def fingerprints(path: Path, addresses: Collection[str]) -> dict[str, dict[str, str]]:
    """Return {address: fingerprints of its latest request} by one reading; {} when there is no log.

    The log names an IPv6 client by its /64, so all addresses of one have the same; where many clients share a
    /64, each is asked for by itself.
    """
    found: dict[str, dict[str, str]] = {}
    asked: dict[str, list[str]] = {}
    for address in addresses:
        asked.setdefault(_client(address), []).append(address)
    try:
        text = _tail(path) if addresses else ""
    except OSError:
        return found
    for line in reversed(text.split("\n")):
        client = _client(line[len(_START) :].partition('"')[0]) if line.startswith(_START) else ""
        known = tls_hello.read_line(line) if client in asked else None
        if known:
            found.update(dict.fromkeys(asked.pop(client), known))
    return found


def _client(address: str) -> str:
    """Return an address as the intake writes it; a wider network is no client."""
    try:
        network = ipaddress.ip_network(address, strict=False)
    except ValueError:
        return address
    if network.version == 6 and network.prefixlen > 64 and not is_shared(network.network_address.packed):
        network = network.supernet(new_prefix=64)
    return str(network) if network.version == 6 else address


def _tail(path: Path) -> str:
    with files.open_to_read(path) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        return file.read(TAIL).decode("utf-8", "replace")
