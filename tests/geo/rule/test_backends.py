"""What holds the list: [geo] before [firewall], and where the bans would be."""

from __future__ import annotations

import pytest

from ideolab_f2b.config import Firewall, GeoSettings, Settings
from ideolab_f2b.firewall import backend
from ideolab_f2b.geo.rule import backends


@pytest.mark.parametrize(
    ("geo", "firewall", "found"),
    [("nft", "ipset", "nft"), ("ipset", "nft", "ipset"), ("auto", "nft", "nft"), ("auto", "ipset", "ipset")],
)
def test_settings(geo: str, firewall: str, found: str) -> None:
    """[geo] may differ from [firewall]."""
    settings = Settings(geo=GeoSettings(backend=geo), firewall=Firewall(backend=firewall))
    assert backends.choose(settings) == found


def test_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a word of the settings it is where the bans are."""
    monkeypatch.setattr(backend, "choose", lambda: backend.BACKENDS["nft"])
    assert backends.choose(Settings()) == "nft"
