"""Whom a boot does not ban, by what is known before the network is up."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from ideolab_f2b.actions.jail_record import JailRecord
from ideolab_f2b.boot.identity import read_key
from ideolab_f2b.boot.spared import Spared

JAIL = JailRecord("a", "a", 64)


def has(jail: JailRecord, text: str, spared: Spared | None = None) -> bool:
    key = read_key(text)
    assert key is not None
    return (spared or Spared()).has(jail, key)


@pytest.mark.parametrize("text", ["127.0.0.1", "::1", "fe80::1", "224.0.0.1", "10.0.0.0/8", "2001::/16"])
def test_what_is_no_host_or_too_wide(text: str) -> None:
    """Whatever the lists say."""
    assert has(JAIL, text)


def test_the_lists_of_root(tmp_path: Path) -> None:
    """Addresses count, also inside a network and around one; names wait for fail2ban."""
    path = tmp_path / "never-ban"
    path.write_text("198.51.100.9  # office\n2001:db8:7::/48\nhome.example.org\n")
    jail = dataclasses.replace(JAIL, allow_file=str(path), allow=("203.0.113.0/28",))

    spared = ["198.51.100.9", "198.51.100.0/24", "2001:db8:7:1::/64", "203.0.113.3", "203.0.113.0/24"]
    assert [text for text in spared if not has(jail, text)] == []
    assert not has(jail, "198.51.100.10")
    assert not has(JAIL, "198.51.100.9")


def test_a_list_that_is_not_roots(tmp_path: Path) -> None:
    """It protects nobody, which is said once."""
    path = tmp_path / "never-ban"
    path.write_text("198.51.100.9\n")
    path.chmod(0o622)
    spared = Spared()
    jails = [dataclasses.replace(JAIL, allow_file=str(path), allow=allow) for allow in ((), ("x",))]

    assert not any(has(jail, "198.51.100.9", spared) for jail in jails)

    assert len(spared.problems) == 2
    assert "chown root and chmod 644" in spared.problems[0]
    assert spared.problems[1] == "jail a: 'x' of its option allow is no network"
