"""The grammar of questions and answers between the opener and who asks it: one datagram holds lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple, Union

from ideolab_f2b.namespaces.namespace import ADDRESSES, NAMESPACES, PORTS, Namespace

#: bytes of a question
QUESTION_SIZE = 2048
#: bytes of a datagram of an answer
ANSWER_SIZE = 32768
#: the last line of an answer
END = b"end"
_REFUSED = b"refused "
_QUESTION = re.compile(rb"ask above=([0-9]{1,9}) ports=([0-9,-]{1,1024})")
_WORD = re.compile(rb"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_NAMESPACE = re.compile(
    rb"netns=([0-9]{1,20}) name=([A-Za-z0-9_.:-]{1,64}) in_use=([0-9]{1,9})"
    rb" ports=([0-9,]{1,400}) own=([0-9a-f+,]{0,3000})"
)
#: marks the addresses that the host routes there
_ROUTED = "+"

Ports = Collection[Union[int, range]]


#: asks for the addresses of all covered namespaces, those without a listener too
ADDRESSES_QUESTION = b"addresses"
#: addresses of an answer
ALL_ADDRESSES = 4096


class MessageError(ValueError):
    """The other side wrote what is no message."""


class UnansweredError(ValueError):
    """The opener says why it does not answer."""


class Question(NamedTuple):
    """The ports on which somebody has to listen, and the sockets in use from which on a channel is wanted."""

    ports: tuple[Union[int, range], ...]
    above: int

    def select(self, listening: frozenset[int]) -> tuple[int, ...]:
        """Return which of these ports are asked for."""
        return _select(self.ports, listening)


@lru_cache(maxsize=2 * NAMESPACES)
def _select(ports: tuple[Union[int, range], ...], listening: frozenset[int]) -> tuple[int, ...]:
    # the same at each question
    singles = {port for port in ports if isinstance(port, int)}
    ranges = [port for port in ports if isinstance(port, range)]
    found = (port for port in listening if port in singles or any(port in each for each in ranges))
    return tuple(sorted(found))[:PORTS]


def format_question(ports: Ports, above: int) -> bytes:
    """Return the question as bytes; ValueError for ports that no question can hold."""
    return _format_question(tuple(ports), above)


@lru_cache(maxsize=16)
def _format_question(ports: tuple[Union[int, range], ...], above: int) -> bytes:
    # to ask for port 0 is to ask for every one
    words = [f"{max(port[0], 1)}-{port[-1]}" if isinstance(port, range) else str(port) for port in ports]
    question = f"ask above={above} ports={','.join(words)}".encode()
    try:
        parse_question(question)
    except MessageError as error:
        raise ValueError(f"namespaces are asked for 1 to {PORTS} ports: {error}") from error
    return question


@lru_cache(maxsize=16)
def parse_question(text: bytes) -> Question:
    """Read a question; MessageError when it is none."""
    found = _QUESTION.fullmatch(text)
    if not found:
        raise MessageError(f"no question: {text[:60]!r}")
    words = found[2].split(b",")
    if len(words) > PORTS:
        raise MessageError(f"{len(words)} ports")
    return Question(tuple(map(_parse_port, words)), int(found[1]))


def _parse_port(word: bytes) -> Union[int, range]:
    found = _WORD.fullmatch(word)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 0 < first <= last < 65536:
        raise MessageError(f"no port: {word[:20]!r}")
    return range(first, last + 1) if found and found[2] else first


def format_refusal(why: str) -> bytes:
    """Return the answer to a question that is not answered."""
    return _REFUSED + why.encode("ascii", "replace")


def format_namespace(found: Namespace) -> bytes:
    """Return the line that tells of one namespace."""
    ports, own = ",".join(map(str, found.ports)), _format_own(found.own, found.routed)
    return f"netns={found.netns} name={found.name} in_use={found.in_use} ports={ports} own={own}".encode()


@lru_cache(maxsize=2 * NAMESPACES)
def _format_own(own: frozenset[bytes], routed: frozenset[bytes]) -> str:
    # the same at each question
    return ",".join([packed.hex() + _ROUTED * (packed in routed) for packed in sorted(own)][:ADDRESSES])


def parse_answer(text: bytes) -> Iterator[Namespace]:
    """Yield what the lines tell, but for the last line of an answer; MessageError, UnansweredError."""
    if text.startswith(_REFUSED):
        raise UnansweredError(text[len(_REFUSED) :][:100].decode("ascii", "replace"))
    for line in text.split(b"\n"):
        if line != END:
            yield _parse_namespace(line)


def is_last(text: bytes) -> bool:
    """Return whether a datagram ends the answer."""
    return text == END or text.endswith(b"\n" + END)


def format_addresses(addresses: Iterable[bytes]) -> list[bytes]:
    """Return the datagrams that tell of at most ALL_ADDRESSES addresses; the last one is the end."""
    words = [packed.hex().encode() for packed in sorted(addresses)[:ALL_ADDRESSES]]
    step = ANSWER_SIZE // 40
    lines = [b",".join(words[start : start + step]) for start in range(0, len(words), step)]
    return [*lines, END]


def parse_addresses(text: bytes) -> list[bytes]:
    """Return the addresses of one datagram; MessageError, UnansweredError."""
    if text.startswith(_REFUSED):
        raise UnansweredError(text[len(_REFUSED) :][:100].decode("ascii", "replace"))
    if text == END:
        return []
    return [_parse_address(word) for word in text.decode("ascii", "replace").split(",")]


@lru_cache(maxsize=2 * NAMESPACES)
def _parse_namespace(line: bytes) -> Namespace:
    found = _NAMESPACE.fullmatch(line)
    if not found:
        raise MessageError(f"no namespace: {line[:60]!r}")
    own, routed = _parse_own(found[5])
    ports = tuple(int(word) for word in found[4].split(b",") if word)
    return Namespace(int(found[1]), found[2].decode(), ports, own, int(found[3]), routed)


@lru_cache(maxsize=2 * NAMESPACES)
def _parse_own(text: bytes) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return all addresses of a namespace, and those that the host routes there; MessageError."""
    # the same in each answer
    words = [word for word in text.decode().split(",") if word]
    routed = frozenset(_parse_address(word) for word in words if word.endswith(_ROUTED))
    return frozenset(map(_parse_address, words)), routed


def _parse_address(word: str) -> bytes:
    try:
        packed = bytes.fromhex(word.rstrip(_ROUTED))
    except ValueError as error:
        raise MessageError(f"no address: {word[:40]!r}") from error
    if len(packed) not in (4, 16):
        raise MessageError(f"no address: {word[:40]!r}")
    return packed
