"""What the root helper says of a ban before it is made: connections, visitors of nginx, who is protected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Optional

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.firewall.transports import helper
from ideolab_accesslog.networks import Network
from ideolab_accesslog.scheduler import runs_tests

#: seconds of one run: the helper itself ends after 30, and reads logs for 20 at most
LIMIT_S = 28.0
#: previews of one run, as the helper has it by sudo
MOST = helper.AS_LINES
#: refusals and unknown things that are kept of each preview, and characters of each
_REASONS_MAX = 20
_TEXT_MAX = 300


@dataclass(frozen=True)
class HelperPreview:
    """The helper's answer for one ban; None is unknown. `refusals` is empty where `is_known` is False."""

    is_known: bool = False
    prefixes: Optional[int] = None
    addresses4: Optional[int] = None
    networks6: Optional[int] = None
    #: of an AS, merged; None also where there are too many
    networks: Optional[tuple[Network, ...]] = None
    connections: Optional[int] = None
    connections_total: Optional[int] = None
    #: clients in the logs of nginx, and their requests
    clients: Optional[int] = None
    clients_total: Optional[int] = None
    requests: Optional[int] = None
    is_partial: bool = False
    refusals: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def ask(words: Sequence[str]) -> dict[str, HelperPreview]:
    """Ask the helper once for each twenty words; what it does not answer is unknown, and says why."""
    found: dict[str, HelperPreview] = {}
    for start in range(0, len(words), MOST):
        found.update(_ask(words[start : start + MOST]))
    return found


def _ask(words: Sequence[str]) -> dict[str, HelperPreview]:
    why = _find_obstacle()
    if why:
        return {word: HelperPreview(unknown=(why,)) for word in words}
    done = helper.exchange([f"preview {word}" for word in words], LIMIT_S)
    records = {str(one.get("address")): one for one in done.records if one.get("action") == "preview"}
    silent = HelperPreview(unknown=(done.error[:_TEXT_MAX] or texts.NO_ANSWER,))
    return {word: _read(records[word]) if word in records else silent for word in words}


def _find_obstacle() -> str:
    """Return why the helper is not asked; "" when it is."""
    if runs_tests():
        return texts.RUNS_TESTS
    if not conf.TRASHIP_FIREWALL_EXECUTE:
        return texts.NOT_ASKED
    return "" if helper.is_installed() else texts.NOT_INSTALLED


def _read(record: dict[str, Any]) -> HelperPreview:
    """Return the answer of one line; what has another form than asn.md says is unknown."""
    told, detail = record.get("preview"), str(record.get("detail") or "")[:_TEXT_MAX]
    result = str(record.get("result"))[:32]
    if not isinstance(told, dict):
        if result == "refused":
            return HelperPreview(is_known=True, refusals=(detail or result,))
        return HelperPreview(unknown=(detail or result,))
    connections, visitors = _read_part(told, "connections"), _read_part(told, "visitors")
    unknown = _read_texts(told.get("unknown"))
    refusals = _read_texts([*_as_list(told.get("refusals")), told.get("over_cap")])
    if told.get("allowed") is not True and not refusals and not unknown:
        unknown = (detail or result,)
    return HelperPreview(
        is_known=told.get("allowed") is True or bool(refusals),
        prefixes=_read_count(told.get("prefixes")),
        addresses4=_read_count(told.get("addresses")),
        networks6=_read_count(told.get("networks6")),
        networks=_read_networks(told.get("networks")),
        connections=_read_count(connections.get("inside")),
        connections_total=_read_count(connections.get("total")),
        clients=_read_count(visitors.get("clients")),
        clients_total=_read_count(visitors.get("clients_total")),
        requests=_read_count(visitors.get("requests")),
        is_partial=told.get("partial") is True,
        refusals=refusals,
        unknown=unknown,
    )


def _read_part(told: dict[str, Any], name: str) -> dict[str, Any]:
    part = told.get(name)
    return part if isinstance(part, dict) else {}


def _read_count(value: Any) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _read_texts(values: Any) -> tuple[str, ...]:
    return tuple(str(value)[:_TEXT_MAX] for value in _as_list(values) if value)[:_REASONS_MAX]


def _read_networks(values: Any) -> Optional[tuple[Network, ...]]:
    if not isinstance(values, list):
        return None
    try:
        return tuple(ip_network(str(value)) for value in values)
    except ValueError:
        return None
