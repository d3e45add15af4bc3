"""The log line, the event and the JSON of a suspect. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from ideolab_f2b import logline
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.event import Event


def format_line(suspect: Suspect, when: float, port: int) -> str:
    """Return the line that filter.d/ideolab-connmon.conf reads, without its line feed."""
    plain: dict[str, int | str] = {"scope": suspect.scope, "score": suspect.score}
    if suspect.scope == "net":
        plain["addresses"] = suspect.addresses
    plain["connections"] = suspect.connections
    plain.update({key: suspect.phases.get(phase, 0) for phase, key in logline.PHASE_KEYS.items()})
    plain["port"] = port
    if suspect.ttl:
        plain["ttl"] = suspect.ttl
    return logline.format_line(_time(when), "connmon", "suspect", suspect.address, plain)


def make_event(suspect: Suspect, when: float, port: int, fingerprint: Mapping[str, str] = {}) -> Event:
    """Return the event of the same moment; what has no field of its own is in `raw`."""
    is_prefix = "/" in suspect.address
    raw: dict[str, Any] = {
        "port": port,
        "scope": suspect.scope,
        "phases": suspect.phases,
        "addresses": suspect.addresses,
    }
    if suspect.network_key:
        raw["network_key"] = suspect.network_key
        raw["clusters"] = [cluster._asdict() for cluster in suspect.clusters]
    if fingerprint:
        raw["fingerprint"] = dict(fingerprint)
    return Event(
        _time(when),
        "suspect",
        ip=None if is_prefix else suspect.address,
        subnet=suspect.address if is_prefix else None,
        count=suspect.connections,
        score=suspect.score,
        reason="; ".join(suspect.why),
        raw=raw,
    )


def format_json(suspect: Suspect, when: float) -> str:
    """Return the line of `--json`."""
    fields: dict[str, Any] = {
        "t": round(when, 3),
        "address": suspect.address,
        "scope": suspect.scope,
        "score": suspect.score,
        "connections": suspect.connections,
        "phases": suspect.phases,
        "why": list(suspect.why),
    }
    return json.dumps(fields, separators=(",", ":"))


def _time(when: float) -> datetime:
    return datetime.fromtimestamp(when, timezone.utc)
