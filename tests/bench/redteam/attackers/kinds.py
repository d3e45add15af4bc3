"""The kinds of attacks by name."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping
from typing import Callable

from tests.bench.redteam.attackers import handshakes, requests, streams
from tests.bench.redteam.attackers.slot import Slot

_MIXTURE = (handshakes.hold_half, requests.drip_head, requests.drip_body, streams.take_events)


async def _mix(slot: Slot) -> None:
    # each address has all of them: a step of numbers is a step of addresses
    await _MIXTURE[slot.number // slot.attack.addresses % len(_MIXTURE)](slot)


async def _mix_apart(slot: Slot) -> None:
    await _MIXTURE[slot.number % slot.attack.addresses % len(_MIXTURE)](slot)


KINDS: Mapping[str, Callable[[Slot], Awaitable[None]]] = {
    "mute": handshakes.hold_mute,
    "half": handshakes.hold_half,
    "handshake": handshakes.hold_handshake,
    "mute-churn": handshakes.churn_mute,
    "half-churn": handshakes.churn_half,
    "handshake-churn": handshakes.churn_handshake,
    "header": requests.drip_head,
    "body": requests.drip_body,
    "slow-read": requests.read_slowly,
    "events": streams.take_events,
    "streams": streams.open_streams,
    "texts": streams.send_texts,
    "application": streams.wait_for_application,
    "mixed": _mix,
    "mixed-apart": _mix_apart,
}
