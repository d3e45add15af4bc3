"""Who else is in a prefix; what is not known counts as somebody."""

from __future__ import annotations

import json
import socket
import subprocess
from typing import Any

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.actions.aggregate.bystanders import find_connection, find_visitors
from ideolab_f2b.actions.aggregate.dense import Dense

NOW = 1_800_000_000.0
OLD = NOW - 2 * 86_400
FIRST = Dense((4, 0xC6336400, 28), 0xC6336400, 0xC633640F, 4)
SECOND = Dense((4, 0xC6336410, 28), 0xC6336410, 0xC633641F, 4)
NOBODY: dict[int, set[int]] = {4: set(), 6: set()}
#: linux/in.h: bind to any address
FREEBIND = (socket.IPPROTO_IP, 15, 1)


def ask(**told: Any) -> list[str | None]:
    answer = {
        "since": OLD, "written": NOW - 60, "is_known": True, "is_partial": False, "visitors": [0, 0],
        "troubles": [], **told,
    }  # fmt: skip
    return find_visitors([FIRST, SECOND], NOBODY, lambda _question: json.dumps(answer).encode(), lambda: NOW)


def test_visitors_of_each_prefix() -> None:
    """None for a prefix in which nobody was."""
    assert ask(visitors=[0, 3]) == [None, "3 visitors came from there"]


def test_what_is_asked() -> None:
    """The spans, and of the banned those that lie in them."""
    asked: list[Any] = []

    def run(question: bytes) -> bytes:
        asked.append(json.loads(question))
        return b""

    find_visitors([FIRST], {4: {0xC6336401, 0x01020304}, 6: {5}}, run)

    assert asked == [{"spans": [[4, 0xC6336400, 0xC633640F]], "banned": {"4": [0xC6336401], "6": []}}]


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"is_known": False, "troubles": ["no access log"]}, '"no access log"'),
        ({"is_partial": True}, "the logs were read in part"),
        ({"since": None}, "the access logs are younger than a day"),
        ({"written": NOW - 86_401}, "no access log was written for a day"),
        ({"since": NOW - 3600}, "the access logs are younger than a day"),
        ({"visitors": [0]}, "1 answers to 2 questions"),
        ({"visitors": None}, "'NoneType' object is not iterable"),
    ],
)
def test_unknown(told: dict[str, Any], why: str) -> None:
    """Then no prefix is banned."""
    assert ask(**told) == [f"its visitors are unknown: {why}"] * 2


@pytest.mark.parametrize(
    "error", [OSError("no memory"), subprocess.TimeoutExpired("python3", 60), ValueError("no JSON")]
)
def test_the_process_fails(error: Exception) -> None:
    """Also where it ends, or does not come to an end."""

    def run(_question: bytes) -> bytes:
        raise error

    assert find_visitors([FIRST], NOBODY, run) == [f"its visitors are unknown: {error}"]


@pytest.mark.root
@pytest.mark.parametrize("is_served", [True, False])
def test_an_open_connection(lone: Namespace, is_served: bool) -> None:
    """Who gets answers counts, and is named; not who is mute, nor who is banned, nor who is elsewhere."""
    first = int.from_bytes(socket.inet_aton("127.77.0.0"), "big")
    around = Dense((4, first, 28), first, first + 15, 4)
    beside = Dense((4, first + 16, 28), first + 16, first + 31, 4)
    with lone.enter(), socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 443))
        listener.listen()
        client.setsockopt(*FREEBIND)
        client.bind(("127.77.0.5", 0))
        client.connect(("127.0.0.1", 443))
        served, _peer = listener.accept()
        with served:
            if is_served:
                client.sendall(b"question")
                served.recv(100)
                served.sendall(b"answer")
                client.recv(100)
            found = [
                find_connection(around, NOBODY, (443,)),
                find_connection(around, {4: {first + 5}, 6: set()}, (443,)),
                find_connection(beside, NOBODY, (443,)),
            ]

    assert found == ["127.77.0.5 has an open connection that is answered" if is_served else None, None, None]
