"""Which backend a host gets."""

from __future__ import annotations

import contextlib

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall import backend as backends
from ideolab_f2b.firewall.backend import BACKENDS, CHOICES, choose, find_in_kernel
from ideolab_f2b.firewall.backends.ipset import IpsetBackend
from ideolab_f2b.kernel.nft import table_socket


def test_choices() -> None:
    """What the setting may say; anything else is told."""
    assert CHOICES == ("auto", "ipset", "nft")
    assert (choose("ipset").name, choose("nft").name) == ("ipset", "nft")
    with pytest.raises(ValueError, match="auto or ipset or nft is needed"):
        choose("nftables")


@pytest.mark.parametrize(("problem", "expected"), [("", "ipset"), ("iptables not installed", "nft")])
def test_auto(monkeypatch: pytest.MonkeyPatch, problem: str, expected: str) -> None:
    """ipset where it works: what people type today keeps working; else nft."""
    monkeypatch.setattr(IpsetBackend, "find_problem", lambda _self: problem)
    assert backends.choose().name == expected


@pytest.mark.root
def test_find_in_kernel(lone: Namespace) -> None:
    """Those that hold a list of ours, and no other."""
    with lone.enter():
        assert find_in_kernel() == []
        for name in ("nft", "ipset"):
            with contextlib.closing(BACKENDS[name].open()) as kernel:
                kernel.create_list("ideolab_ban")
        assert [one.name for one in find_in_kernel()] == ["ipset", "nft"]
        table_socket.release()
