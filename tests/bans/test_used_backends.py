"""Which backends hold bans, as the server says, or as the kernel shows while it is down."""

from __future__ import annotations

from typing import Any, Optional

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans import used_backends
from ideolab_f2b.bans.used_backends import UsedSet
from ideolab_f2b.firewall.backend import BACKENDS

IPSET, NFT = BACKENDS["ipset"], BACKENDS["nft"]
STATS: dict[str, Optional[dict[str, Any]]] = {
    "new": {"set": "n", "backend": "nft"},
    "old": {"set": "o"},
    "silent": None,
    "sshd": {"set": "never asked"},
}


def test_what_the_jails_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older action has no other backend than ipset; a jail that says nothing is left out."""
    monkeypatch.setattr(fail2ban_client, "jails", lambda: set(STATS))
    monkeypatch.setattr(fail2ban_client, "find_action", lambda jail, _name: "" if jail == "sshd" else "x")
    monkeypatch.setattr(fail2ban_client, "stats", lambda jail, _action: STATS[jail])

    assert used_backends.ask() == [UsedSet("new", "n", NFT), UsedSet("old", "o", IPSET)]
    assert used_backends.find() == [IPSET, NFT]


def test_without_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kernel holds."""

    def fail() -> set[str]:
        raise fail2ban_client.ServerDownError("down")

    monkeypatch.setattr(fail2ban_client, "jails", fail)
    monkeypatch.setattr(used_backends, "find_in_kernel", lambda: [NFT])

    assert used_backends.find() == [NFT]
    with pytest.raises(fail2ban_client.ServerDownError):
        used_backends.ask()
