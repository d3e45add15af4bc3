"""Finds the client's address. Only configured proxies are believed; a doubtful address is None."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Callable, NamedTuple, Optional

from ideolab_accesslog.access.headers import as_text
from ideolab_accesslog.conf import cached, conf, drop_on_change
from ideolab_accesslog.setting_types.networks import read_networks

#: what is read of a header; the hops that count are its last ones
HEADER_MAX = 2048
#: trusted hops that are passed over; a site has a few, and a list of a thousand is the client's
HOPS_MAX = 16
#: what servers put in the place of the peer's address when it came by a unix socket: gunicorn, granian and
#: cheroot nothing, waitress a name, uWSGI's HTTP parser the socket's zeros, nginx the word that it logs
UNIX_SOCKETS = frozenset({"", "localhost", "unix:", "0.0.0.0", "::"})  # noqa: S104


class Client(NamedTuple):
    """`certain` is False where nobody may be counted or banned; `ip` is None then."""

    ip: Optional[str]
    certain: bool


UNKNOWN = Client(None, False)


def resolve(meta: Mapping[str, Any]) -> Client:
    """Return the client that sent these headers: REMOTE_ADDR, unless a trusted proxy connected."""
    return _resolver()(meta)


@lru_cache(maxsize=4096)
def find_direct(remote_addr: str) -> Optional[Client]:
    """Return the client that connected itself, in one call that is not Python's; None: ask `resolve`."""
    return _resolver().judge_peer(remote_addr)


@lru_cache(maxsize=4096)
def canonical(token: str) -> Optional[str]:
    """Return one text for `198.51.100.7`, `198.51.100.7:80`, `::ffff:198.51.100.7`; None for no address.

    0.0.0.0 and :: are none: nobody connects from there.
    """
    address = _without_port(token.strip().strip('"'))
    try:
        parsed = ipaddress.ip_address(address) if len(address) <= 64 else None
    except ValueError:
        return None
    if parsed is None or "%" in address:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    found = mapped or parsed
    return None if found.is_unspecified else str(found)


def _without_port(text: str) -> str:
    """Return the address without its port; any other text stays as it is, and ipaddress refuses it."""
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        is_whole = bracket and ":" in address and (not rest or (rest[0] == ":" and _is_port(rest[1:])))
        return address if is_whole else text
    address, colon, port = text.partition(":")
    return address if colon and _is_port(port) else text


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5


class Resolver:
    """Finds the client of a request; remembers what it learned about peers and hops."""

    def __init__(self, trusted: Iterable[str], header: str, is_unix_trusted: bool) -> None:
        self._networks = read_networks(trusted)
        self._key = "HTTP_" + header.upper().replace("-", "_") if header else ""
        self._hops: Callable[[str], Iterator[str]] = (
            _read_forwarded_header if self._key == "HTTP_FORWARDED" else _read_address_list
        )
        self._is_unix_trusted = is_unix_trusted
        self._is_proxy: Callable[[str], bool] = lru_cache(maxsize=4096)(self._is_trusted)

    def __call__(self, meta: Mapping[str, Any]) -> Client:
        client = self.judge_peer(as_text(meta.get("REMOTE_ADDR")))
        return self._walk(as_text(meta.get(self._key))) if client is None else client

    def judge_peer(self, remote_addr: str) -> Optional[Client]:
        """Return the client that connected directly; None for a trusted proxy, whose header counts."""
        if remote_addr in UNIX_SOCKETS:
            return None if self._is_unix_trusted else UNKNOWN
        ip = canonical(remote_addr)
        if ip is None:
            return UNKNOWN
        return None if self._is_trusted(ip) else Client(ip, True)

    def _walk(self, header: str) -> Client:
        for hop in islice(self._hops(header[-HEADER_MAX:]), HOPS_MAX):
            ip = canonical(hop)
            if ip is None:
                # everything further left may be the client's own text
                return UNKNOWN
            if not self._is_proxy(ip):
                return Client(ip, True)
        return UNKNOWN

    def _is_trusted(self, ip: str) -> bool:
        address = ipaddress.ip_address(ip)
        return any(address in network for network in self._networks)


def _read_address_list(header: str) -> Iterator[str]:
    """Return the hops of X-Forwarded-For, nearest first."""
    return reversed(header.split(","))


def _read_forwarded_header(header: str) -> Iterator[str]:
    """Return the `for=` of each hop of Forwarded (RFC 7239), nearest first; "" where a hop does not say."""
    for hop in reversed(header.split(",")):
        pairs = [pair.partition("=") for pair in hop.split(";")]
        said = [value for name, _, value in pairs if name.strip().lower() == "for"]
        yield said[0] if len(said) == 1 else ""


@cached
def _resolver() -> Resolver:
    return Resolver(
        conf.ACCESSLOG_TRUSTED_PROXIES, conf.ACCESSLOG_FORWARDED_HEADER, conf.ACCESSLOG_TRUST_UNIX_SOCKET
    )


drop_on_change(find_direct.cache_clear)
