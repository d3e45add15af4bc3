"""Builds the event of a record and the origin of its address. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any, NamedTuple, Optional

from ideolab_f2b import logline
from ideolab_f2b.actions.report.record import Record
from ideolab_f2b.event import Event

if TYPE_CHECKING:
    from ideolab_f2b.origin.origin import Origin

#: matched lines in `raw`, each quoted as in our logs
LINES = 3
#: length of the network around an address: that of our jails
_AROUND = {4: 24, 6: 64}


class AsFacts(NamedTuple):
    """What the table of AS numbers says of a banned one; a name of a stranger's choice, cleaned."""

    number: int
    name: str = ""
    #: None where the table does not say
    prefixes: Optional[int] = None


def build(
    record: Record,
    origin: Optional[Origin],
    fingerprint: Mapping[str, str] = {},
    asn: Optional[AsFacts] = None,
) -> Event:
    """Return the event of a record; `origin` is None when it was not looked up, `asn` but for an AS."""
    ip, subnet = (None, None) if asn else split_address(record.address)
    line = logline.read_last_line(record.matches)
    connections = line.number("connections") if line else None
    return Event(
        _time(record.at),
        record.type,
        ip=ip,
        subnet=subnet,
        count=record.failures if connections is None else connections,
        score=line.number("score") if line else None,
        asn=str(asn.number) if asn else origin.asn if origin else None,
        asname=(asn.name or None) if asn else origin.asname if origin else None,
        country=origin.country if origin else None,
        reason=line.reason if line else None,
        jail=record.jail,
        bantime=record.bantime,
        until=_until(record),
        origin=origin.prefix if origin else None,
        raw={**_raw(record, origin, fingerprint), **({"prefixes": asn.prefixes} if asn else {})},
        id=record.id,
        namespace=line.namespace if line else None,
    )


def split_address(address: str) -> tuple[Optional[str], Optional[str]]:
    """Return the address, None for a network, and the network; what is neither stays as it came."""
    try:
        network = ip_network(address, strict=False)
    except ValueError:
        return address, None
    if network.prefixlen < network.max_prefixlen:
        return None, str(network)
    around = ip_network(f"{network.network_address}/{_AROUND[network.version]}", strict=False)
    return str(network.network_address), str(around)


def _until(record: Record) -> Optional[datetime]:
    if record.bantime < 0 or record.type == "unban":
        return None
    try:
        return _time(record.time + record.bantime)
    except (OverflowError, ValueError, OSError):
        return None


def _raw(record: Record, origin: Optional[Origin], fingerprint: Mapping[str, str]) -> dict[str, Any]:
    raw: dict[str, Any] = {"origin_source": origin.source if origin else "skipped"}
    if record.matches:
        raw["failures"] = record.failures
        lines = record.matches.rstrip("\n").split("\n")[-LINES:]
        raw["matches"] = [logline.quote(line.encode("utf-8", "replace"))[1:-1] for line in lines]
    if fingerprint:
        raw["fingerprint"] = dict(fingerprint)
    if record.error:
        raw["error"] = record.error
    return raw


def _time(when: float) -> datetime:
    return datetime.fromtimestamp(when, timezone.utc)
