"""Ports as people write them."""

from __future__ import annotations

import socket

import pytest

from ideolab_f2b.actions import ports
from ideolab_f2b.actions.ports import EVERY, Ports


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("443", (443,)),
        ("80, 443 80", (80, 443)),
        ("http,https", (80, 443)),
        ("6000:6010,22", (range(6000, 6011), 22)),
        ("6000-6010", (range(6000, 6011),)),
        ("0:65535", EVERY),
        ("pop3,pop3s,imap,imaps,submission,465,sieve", (110, 995, 143, 993, 587, 465, 4190)),
    ],
)
def test_read(text: str, found: Ports) -> None:
    """Numbers, names and ranges."""
    assert ports.read(text) == found


@pytest.mark.parametrize("text", ["", "0", "65536", "1:65536", "9:8", "nowhere", "http:https", "-1", "1:2:3"])
def test_no_port(text: str) -> None:
    """It is told, and never a guess."""
    with pytest.raises(ValueError, match="port"):
        ports.read(text)


def test_host_without_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small image has no /etc/services."""

    def fail(*_words: str) -> int:
        raise OSError("service/proto not found")

    monkeypatch.setattr(socket, "getservbyname", fail)

    assert ports.read("ssh,https,sieve") == (22, 443, 4190)


def test_queries_of_the_kernel() -> None:
    """A range asks for the sockets of every port."""
    assert ports.list_queries((443, range(6000, 6011), *EVERY)) == (443, 0)


def test_singles() -> None:
    """Where a range is too many."""
    assert ports.singles("22,2222") == (22, 2222)
    with pytest.raises(ValueError, match="single ports are needed"):
        ports.singles("22:30")
