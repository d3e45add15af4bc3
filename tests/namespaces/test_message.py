"""Questions and answers: what is written is read, and nothing else is."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.namespaces import message
from ideolab_f2b.namespaces.message import MessageError, Question, UnansweredError
from ideolab_f2b.namespaces.namespace import Namespace

FOUND = Namespace(
    4026532281,
    "docker:0225320b4597",
    (443, 8443),
    frozenset([bytes([10, 77, 0, 2]), bytes([127, 0, 0, 1]), bytes(15) + b"\1"]),
    12,
    frozenset([bytes([10, 77, 0, 2])]),
)


def test_a_question() -> None:
    """Ports and ranges; port 0 is in no answer."""
    text = message.format_question([443, range(65536)], 8)

    assert text == b"ask above=8 ports=443,1-65535"
    assert message.parse_question(text) == Question((443, range(1, 65536)), 8)
    assert Question((443, range(8000, 8010)), 0).select(frozenset([22, 443, 8009, 8010])) == (443, 8009)


@pytest.mark.parametrize(
    "text",
    [
        b"", b"ask", b"ask above=8 ports=", b"ask above=-1 ports=443", b"ask above=8 ports=443\n",
        b"ask above=8 ports=0", b"ask above=8 ports=65536", b"ask above=8 ports=9-8",
        b"ask above=8 ports=1--2",
        b"ask above=8 ports=443 x", b"ask above=8 ports=" + b"1," * 64 + b"1", b"[" * 2000,
    ],
)  # fmt: skip
def test_what_is_no_question(text: bytes) -> None:
    """It is an error of one kind."""
    with pytest.raises(MessageError):
        message.parse_question(text)


@pytest.mark.parametrize("ports", [[], [0], [70000], list(range(1, 70))])
def test_ports_that_nobody_can_ask_for(ports: list[int]) -> None:
    """The caller hears of it, before anything is sent."""
    with pytest.raises(ValueError, match="namespaces are asked for 1 to 64 ports"):
        message.format_question(ports, 0)


def test_an_answer() -> None:
    """A line for each namespace; + marks the addresses that the host routes there."""
    line = message.format_namespace(FOUND)

    assert line == (
        b"netns=4026532281 name=docker:0225320b4597 in_use=12 ports=443,8443"
        b" own=00000000000000000000000000000001,0a4d0002+,7f000001"
    )
    assert list(message.parse_answer(line + b"\n" + message.END)) == [FOUND]
    assert [message.is_last(text) for text in (line, line + b"\nend", b"end")] == [False, True, True]


def test_a_refusal() -> None:
    """The reason reaches who has asked."""
    text = message.format_refusal("too many questions")

    with pytest.raises(UnansweredError, match="too many questions"):
        list(message.parse_answer(text))
    with pytest.raises(UnansweredError, match="too many questions"):
        message.parse_addresses(text)


def test_addresses() -> None:
    """In as many datagrams as they need, each of a size that is read; the last is the end."""
    many = {number.to_bytes(16, "big") for number in range(5000)}
    parts = message.format_addresses(many)

    assert max(map(len, parts)) <= message.ANSWER_SIZE
    assert parts[-1] == message.END
    found = [packed for part in parts for packed in message.parse_addresses(part)]
    assert found == sorted(many)[: message.ALL_ADDRESSES]
    assert message.format_addresses([]) == [message.END]


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(text: bytes) -> None:
    """Neither the opener nor who asks ends by what the other side writes."""
    for read in (
        message.parse_question,
        lambda text: list(message.parse_answer(text)),
        message.parse_addresses,
    ):
        with contextlib.suppress(MessageError, UnansweredError):
            read(text)
