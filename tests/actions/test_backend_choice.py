"""Which backend a jail gets: by its option, by the settings, and when neither can be read."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from ideolab_f2b.actions.backend_choice import SHARED_S, BackendChoice
from ideolab_f2b.firewall import backend
from ideolab_f2b.firewall.backend import BACKENDS


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What `auto` and the others were asked for; `auto` is ipset here."""
    found: list[str] = []

    def choose(wanted: str) -> object:
        found.append(wanted)
        return BACKENDS["ipset" if wanted == "auto" else wanted]

    monkeypatch.setattr(backend, "choose", choose)
    return found


def test_the_option_comes_before_the_settings(tmp_path: Path, asked: list[str]) -> None:
    """Without the option the settings count, also those of a moment ago; without both it is auto."""
    path = tmp_path / "f2b.conf"
    choice = BackendChoice(path)
    assert choice.choose(None).name == "ipset"
    path.write_text("[firewall]\nbackend = nft\n")

    assert choice.choose(None).name == "nft"
    assert choice.choose("ipset").name == "ipset"
    assert asked == ["auto", "nft", "ipset"]


def test_jails_that_start_together_share_a_choice(tmp_path: Path, asked: list[str]) -> None:
    """It runs programs: once for a hundred jails, and anew for a later reload."""
    now = [0.0]
    choice = BackendChoice(tmp_path / "none", lambda: now[0])
    for _jail in range(100):
        choice.choose(None)
    assert asked == ["auto"]
    now[0] += SHARED_S
    choice.choose("auto")

    assert asked == ["auto", "auto"]


def test_settings_that_cannot_be_read(
    tmp_path: Path, asked: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """Bans work all the same, and the log names the mistake once."""
    path = tmp_path / "f2b.conf"
    path.write_text("[firewall]\nbackend = nftables\n")
    choice = BackendChoice(path, lambda: 0.0)
    with caplog.at_level(logging.ERROR, "fail2ban.ideolab-ban"):
        assert [choice.choose(None).name for _jail in range(3)] == ["ipset"] * 3

    path.write_text("[firewall]\nbackend = nft\n")
    assert choice.choose(None).name == "nft"
    path.write_text("[nonsense]\n")
    assert choice.choose(None).name == "nft"
    assert [record.getMessage() for record in caplog.records] == [
        f"{path}: [firewall] backend = 'nftables': auto, ipset or nft is needed; backend = auto is used"
    ]
