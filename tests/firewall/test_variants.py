"""Which variants of iptables are looked into; tables that are not there are not made by a look."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall import variants
from ideolab_f2b.firewall.iptables import Run


def say(version: str) -> Run:
    def run(words: Sequence[str], _text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(words, 0, version, "")

    return run


@pytest.mark.root
def test_legacy_tables_are_not_loaded(lone: Namespace) -> None:
    """The kernel makes one for who asks for it; only what is there is looked into."""
    with lone.enter():
        assert list(variants.list_programs(4)) == ["iptables-nft"]
        assert [place.program for place in variants.list_places(4, ("PREROUTING",))] == ["iptables-nft"] * 3
        lone.run("iptables-legacy", "-S")
        assert variants.list_programs(4)["iptables-legacy"] == ("filter",)
        legacy = [place for place in variants.list_places(4) if place.program == "iptables-legacy"]
        assert [place.chain for place in legacy] == ["INPUT", "FORWARD", "DOCKER-USER"]
        assert Path("/proc/thread-self/net/ip_tables_names").read_text().split() == ["filter"]


def test_plain_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept is kept whatever the program says of itself: ours is never taken for an old one."""
    monkeypatch.setattr(variants, "find_program", lambda _name: None)
    for said in ("iptables v1.8.9 (nf_tables)", "iptables v1.6.1", "nonsense"):
        found = list(variants.list_places(4, ("PREROUTING",), say(said)))
        assert {place.program for place in found} <= {"iptables"}
        assert "PREROUTING" not in [place.chain for place in found]

    def fail(_words: Sequence[str], _text: str = "") -> subprocess.CompletedProcess[str]:
        raise OSError("gone")

    assert "PREROUTING" not in [place.chain for place in variants.list_places(6, ("PREROUTING",), fail)]


def test_which_one_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the program itself says: a wrapper in PATH leads where it leads."""
    monkeypatch.setattr(variants, "find_program", lambda name: name)
    monkeypatch.setattr(variants, "_legacy_tables", lambda _version: ("raw", "filter"))
    for said, ours in (("iptables v1.8.9 (nf_tables)", "-nft"), ("iptables v1.8.9 (legacy)", "-legacy")):
        places = list(variants.list_places(4, ("PREROUTING",), say(said)))
        assert {place.program for place in places if place.is_main} == {f"iptables{ours}"}
        assert [place.program for place in places if place.chain == "PREROUTING"] == [
            "iptables-legacy" if ours == "-nft" else "iptables-nft"
        ]
    unknown = variants.list_places(4, ("PREROUTING",), say("?"))
    assert [place.chain for place in unknown] == ["INPUT", "FORWARD", "DOCKER-USER"]
