"""What nft shows of each expression: what people would have typed."""

from __future__ import annotations

import contextlib

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.nft import expression
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import add_chain, add_rule, add_set, add_table, delete_table

_PORT = (443).to_bytes(2, "big")


@pytest.mark.root
@pytest.mark.parametrize(
    ("expressions", "shown"),
    [
        ((expression.is_loopback(), expression.leave()), 'iifname "lo" return'),
        ((expression.is_family(6), expression.jump("other")), "meta nfproto ipv6 jump other"),
        (
            (expression.is_family(4), expression.load_source(4), expression.is_in("a_b"), expression.drop()),
            "ip saddr @a_b drop",
        ),
        (
            (
                expression.is_family(6), expression.load_source(6), expression.cut(6, 64),
                expression.is_in("a_b6"), expression.count(3, 180), expression.drop(),
            ),
            "ip6 saddr & ffff:ffff:ffff:ffff:: == @a_b6 counter packets 3 bytes 180 drop",
        ),
        ((expression.is_protocol(6), expression.load_port(), expression.compare(_PORT)), "tcp dport 443"),
        (
            (expression.is_protocol(17), expression.load_port(), expression.compare(_PORT, is_equal=False)),
            "udp dport != 443",
        ),
        (
            (expression.is_protocol(6), expression.load_port(), expression.is_between(b"\0\x50", _PORT)),
            "tcp dport 80-443",
        ),
        ((expression.is_answer(), expression.leave()), "ct direction reply return"),
        (
            (
                expression.is_protocol(6), expression.is_answer(False), expression.load_asked_port(),
                expression.compare(_PORT),
            ),
            "meta l4proto tcp ct direction original ct original proto-dst 443",
        ),
    ],
)  # fmt: skip
def test_nft_shows(namespace: Namespace, expressions: tuple[bytes, ...], shown: str) -> None:
    """Each rule is one that `nft` can load again."""
    with namespace.enter(), contextlib.closing(NftChannel()) as channel:
        channel.commit([
            add_table("t"), add_set("t", "a_b", 4, 5, number=1), add_set("t", "a_b6", 6, 5, number=2),
            add_chain("t", "other"), add_chain("t", "c"), add_rule("t", "c", *expressions, comment="why"),
        ])  # fmt: skip
        try:
            listed = namespace.run("nft", "list", "chain", "inet", "t", "c").splitlines()[2].strip()
        finally:
            channel.commit([delete_table("t")])
    assert listed == f'{shown} comment "why"'
