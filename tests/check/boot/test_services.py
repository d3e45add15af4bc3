"""What starts with the host, whatever its init is."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check.boot import services as boot


@pytest.mark.parametrize(
    ("name", "states", "said"),
    [
        ("x", {"x.service": "enabled"}, "ok       boot x: x.service starts with this host"),
        (
            "x", {"x.service": "disabled", "x.timer": "enabled"},
            "ok       boot x: x.timer starts with this host",
        ),
        (
            "x", {"x.service": "disabled", "x.timer": "disabled"},
            "wrong    boot x: does not start with this host (disabled)\n         -> systemctl enable x",
        ),
        # it starts with this boot only
        (
            "x", {"x.service": "enabled-runtime"},
            "wrong    boot x: does not start with this host (enabled-runtime)\n"
            "         -> systemctl enable x",
        ),
        (
            "x", {"x.service": "masked"},
            "wrong    boot x: is masked: it does not start with this host\n"
            "         -> systemctl unmask x; systemctl enable x",
        ),
        (
            "x", {"x.service": ""},
            "wrong    boot x: does not start with this host (it has no unit)\n         -> systemctl enable x",
        ),
        (
            "x", None,
            "unknown  boot x: systemctl does not say what starts with this host\n"
            "         -> sudo ideolab-f2b check",
        ),
    ],
)  # fmt: skip
def test_a_unit(name: str, states: dict[str, str] | None, said: str) -> None:
    """Active now is another question."""
    assert str(boot.judge_unit(name, states)) == said


def test_an_init_script(tmp_path: Path) -> None:
    """By the links of its runlevels; a link to nothing starts nothing."""
    assert boot.find_links("x", tmp_path) is None
    assert boot.judge_script("x", None).state == "unknown"

    (tmp_path / "rc2.d").mkdir()
    assert boot.judge_script("x", boot.find_links("x", tmp_path)).state == "wrong"
    (tmp_path / "rc2.d" / "S01x").symlink_to("../init.d/x")
    assert boot.judge_script("x", boot.find_links("x", tmp_path)).state == "wrong"

    (tmp_path / "init.d").mkdir()
    (tmp_path / "init.d" / "x").touch()
    found = boot.judge_script("x", boot.find_links("x", tmp_path))
    assert str(found) == f"ok       boot x: {tmp_path}/rc2.d/S01x starts it with this host"


def test_a_script_of_openrc(tmp_path: Path) -> None:
    """It has other places."""
    (tmp_path / "runlevels" / "default").mkdir(parents=True)
    (tmp_path / "runlevels" / "default" / "x").touch()

    assert boot.find_links("x", tmp_path) == [f"{tmp_path}/runlevels/default/x"]
