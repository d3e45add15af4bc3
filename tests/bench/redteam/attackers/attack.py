"""The record of an attack, and the attacks by name: those of the issue and their variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tests.bench.redteam.attackers.sources import HOP, RELAY, SPREAD

#: one more connection for so many: they wait for a slot, so that no visitor gets the one that becomes free
_SPARE = 8

_TEXTS = {
    "mute": "connects and is silent",
    "half": "half a TLS hello, held",
    "handshake": "a TLS handshake, then silence",
    "mute-churn": "connects and is silent, given up after {hold:g} s",
    "half-churn": "half a TLS hello, given up after {hold:g} s",
    "handshake-churn": "a TLS handshake, given up after {hold:g} s",
    "header": "header lines of {size} bytes each {step:g} s, the request done in {head:g} s, then another",
    "body": "a body in pieces of {size} bytes each {step:g} s",
    "slow-read": "takes {size} bytes of a large answer each {step:g} s",
    "events": "event streams of the application",
    "streams": "{streams} event streams in each HTTP/2 connection",
    "texts": "WebSockets, a text each {step:g} s that is answered",
    "application": "requests for which the application takes {step:g} s",
    "mixed-apart": "half hellos, header lines, bodies or event streams, each address one of them",
    "mixed": "half hellos, header lines, bodies and event streams in equal parts",
}


@dataclass(frozen=True)
class Attack:
    """What an attacker does; times are seconds, `connections` 0 means as many as nginx has slots."""

    kind: str
    connections: int = 0
    addresses: int = 1
    #: of one request: what a slot of the client costs nginx
    slots_each: int = 1
    #: between two pieces, header lines or reads
    step_s: float = 8.0
    #: bytes of a piece
    size: int = 110
    #: from the first byte of a request to its last header line
    head_s: float = 50.0
    #: until a connection is given up
    hold_s: float = 7.0
    #: pauses are longer or shorter by up to this part
    jitter: float = 0.3
    #: streams of an HTTP/2 connection, fewer where there are more addresses than connections
    streams: int = 128
    #: each address gets an answer for so many seconds of each of its slots; 0: none
    pay_s: float = 0.0
    #: until all connections are begun
    ramp_s: float = 4.0
    #: which address is next: attackers/sources.py has the orders
    order: str = SPREAD

    @property
    def text(self) -> str:
        """What it does, in a few words."""
        order = {RELAY: ", one address after the other", HOP: f", {self.hold_s:g} s from each address"}
        rest = _TEXTS[self.kind].format(
            step=self.step_s, size=self.size, head=self.head_s, hold=self.hold_s, streams=self.streams
        )
        paid = f", and a request for each {self.pay_s:g} s of a slot" if self.pay_s else ""
        slow = f", begun within {self.ramp_s:g} s" if self.ramp_s > 10 else ""
        return rest + paid + slow + order.get(self.order, "")

    def count(self, slots: int) -> int:
        """Return how many connections it opens against an nginx of so many slots."""
        wanted = self.connections or (slots + slots // _SPARE) // self.slots_each
        return max(wanted, self.addresses)


_CHURN = Attack("half-churn", jitter=0.15)
_HEADER = Attack("header")
_BODY = Attack("body")
_HALF = Attack("half")
ATTACKS: Mapping[str, Attack] = {
    # what was found before: the sensor must go on finding it. nginx closes silent ones itself when it needs
    # their slots, so that more of them than it has would only be closed and opened all the time
    "mute": Attack("mute", connections=400),
    "half": _HALF,
    "handshake": Attack("handshake", connections=400),
    # what was no suspect
    "churn": _CHURN,
    "churn-edge": replace(_CHURN, hold_s=7.5, jitter=0.0),
    "churn-6.5": replace(_CHURN, hold_s=6.5, jitter=0.0),
    "churn-mute": replace(_CHURN, kind="mute-churn"),
    "churn-handshake": replace(_CHURN, kind="handshake-churn"),
    "header": _HEADER,
    "header-20": replace(_HEADER, head_s=20.0),
    "header-40": replace(_HEADER, head_s=40.0),
    "header-600": replace(_HEADER, size=600),
    "header-jitter": replace(_HEADER, jitter=0.9),
    "body": _BODY,
    "body-few": replace(_BODY, connections=528, addresses=11),
    "body-600": replace(_BODY, size=600),
    "body-1400": replace(_BODY, size=1400),
    "body-jitter": replace(_BODY, jitter=0.9),
    "half-few": replace(_HALF, connections=525, addresses=105),
    "sse": Attack("events", connections=260, slots_each=2),
    "sse-all": Attack("events", slots_each=2),
    "h2up": Attack("streams", connections=6, slots_each=2),
    "mixed": Attack("mixed"),
    "slow-read": Attack("slow-read", step_s=1.0, size=600),
    "slow-read-burst": Attack("slow-read", step_s=8.0, size=4800),
    # answers that are paid for: one for less than five seconds of a slot
    "half-paid": replace(_HALF, pay_s=4.0),
    "header-paid": replace(_HEADER, pay_s=4.0),
    "body-paid": replace(_BODY, pay_s=4.0),
    "sse-paid": Attack("events", slots_each=2, pay_s=4.0),
    "texts": Attack("texts", slots_each=2, step_s=4.0),
    "application": Attack("application", slots_each=2, step_s=9.0),
    # each address has one of the kinds only
    "mixed-apart": Attack("mixed-apart", addresses=4),
    # there before anybody is short of slots
    "body-creep": replace(_BODY, ramp_s=30.0),
    "sse-creep": Attack("events", slots_each=2, ramp_s=30.0),
    # one address at a time has all slots
    "relay-half": replace(_HALF, addresses=3, order=RELAY),
    "relay-header": replace(_HEADER, addresses=3, order=RELAY),
    "hop-half": replace(_CHURN, addresses=11, order=HOP),
    "hop-header": replace(_HEADER, head_s=6.0, step_s=2.0, addresses=11, order=HOP),
}
