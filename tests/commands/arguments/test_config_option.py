"""config_option: which settings a verb reads."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from ideolab_f2b import cli, config
from ideolab_f2b.commands.arguments.config_option import add_config_option, require_config


def test_the_host_s_settings_unless_told_otherwise() -> None:
    """The default is the file that the installer places."""
    parser = argparse.ArgumentParser()
    add_config_option(parser)

    assert parser.parse_args([]).config == Path("/etc/ideolab/f2b.conf")
    assert parser.parse_args(["--config", "own.conf"]).config == Path("own.conf")


@pytest.mark.parametrize(
    "words", [["connmon", "--once"], ["intake"], ["origin", "198.51.100.7"], ["bans"], ["check"], ["list"]]
)
def test_a_file_that_is_named_must_be_there(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Defaults in its place would be another host's; it holds for every verb that has the option."""
    path = tmp_path / "f2b.cnf"

    assert cli.main([*words, "--config", str(path)]) == 1
    assert f": {path}: there is no such file (--config)\n" in capsys.readouterr().err


def test_the_host_s_own_may_be_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its defaults count then."""
    monkeypatch.setattr(config, "DEFAULT_PATH", tmp_path / "f2b.conf")

    require_config(argparse.Namespace(config=tmp_path / "f2b.conf"))
    require_config(argparse.Namespace())
