"""The port rules of jails with scope=port in nf_tables: a chain for each set, behind its list."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Union

from ideolab_f2b.firewall.chains import DEFAULT
from ideolab_f2b.firewall.iptables import RuleError
from ideolab_f2b.firewall.port_rule import WITH_PORTS, PortScope
from ideolab_f2b.kernel.nft import expression
from ideolab_f2b.kernel.nft.message import Change, add_chain, add_rule, delete_rules
from ideolab_f2b.kernel.nft.names import TABLE, port_chain
from ideolab_f2b.kernel.nft.ruleset import RuleRow

#: numbers of protocols that a host without /etc/protocols has too
_NUMBERS = {
    "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "dccp": 33, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58,
    "icmpv6": 58, "sctp": 132, "udplite": 136,
}  # fmt: skip


def put(name: str, scope: PortScope, hook: str, held: list[RuleRow]) -> list[Change]:
    """Return what makes the chain of a set drop these ports alone; nothing where it does; RuleError."""
    wanted = list(_rules(port_chain(name), scope, hook))
    if [row.comment for row in held] == [comment for comment, _change in wanted]:
        return []
    made = [change for _comment, change in wanted]
    return [add_chain(TABLE, port_chain(name)), delete_rules(TABLE, port_chain(name)), *made]


def _rules(chain: str, scope: PortScope, hook: str) -> Iterator[tuple[str, Change]]:
    """Yield each rule with its comment, by which it is known again."""
    end = (expression.count(), expression.drop())
    for protocol in scope.protocols:
        match = () if protocol == "all" else (expression.is_protocol(_number(protocol)),)
        if protocol not in WITH_PORTS:
            yield protocol, add_rule(TABLE, chain, *match, *end, comment=protocol)
            continue
        for port in scope.ports:
            asked = _match_sent(port) if hook == DEFAULT else _match_original(port)
            comment = f"{_text(port)}/{protocol}" + ("" if hook == DEFAULT else " asked for")
            yield comment, add_rule(TABLE, chain, *match, *asked, *end, comment=comment)


def _match_sent(port: Union[int, range]) -> tuple[bytes, ...]:
    return expression.load_port(), _compare(port)


def _match_original(port: Union[int, range]) -> tuple[bytes, ...]:
    # behind DNAT the packet has another port; what this host's own connections get is spared
    is_first = expression.is_answer(False)
    return is_first, expression.load_asked_port(), _compare(port)


def _compare(port: Union[int, range]) -> bytes:
    if isinstance(port, int):
        return expression.compare(port.to_bytes(2, "big"))
    return expression.is_between(port[0].to_bytes(2, "big"), port[-1].to_bytes(2, "big"))


def _text(port: Union[int, range]) -> str:
    return str(port) if isinstance(port, int) else f"{port[0]}-{port[-1]}"


def _number(protocol: str) -> int:
    if protocol in _NUMBERS:
        return _NUMBERS[protocol]
    try:
        return int(protocol) if protocol.isdecimal() else socket.getprotobyname(protocol)
    except OSError as error:
        raise RuleError(f"protocol {protocol!r} is unknown: name one that /etc/protocols has") from error
