"""cli: what a person types, what they see, and the exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import __version__, cli


def test_a_wrong_config_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a typing error in f2b.conf."""
    path = tmp_path / "f2b.conf"
    path.write_text("[connmon]\nth_con_ip = 5\n")
    assert cli.main(["connmon", "--once", "--config", str(path)]) == 1

    assert capsys.readouterr().err.startswith(
        f"ideolab-f2b connmon: {path}: [connmon] has no key 'th_con_ip'; it knows every_s, "
    )


@pytest.mark.parametrize("words", [[], ["conmon"], ["connmon", "--every", "0s"], ["connmon", "--tables"]])
def test_usage_errors_exit_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """argparse says what is wrong."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words)

    assert caught.value.code == 2
    assert "usage: ideolab-f2b" in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """For bug reports."""
    with pytest.raises(SystemExit):
        cli.main(["--version"])

    assert capsys.readouterr().out == f"ideolab-f2b {__version__}\n"
