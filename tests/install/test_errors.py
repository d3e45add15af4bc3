"""What an error of the installer says, and what became of the host."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.commands import install, uninstall
from ideolab_f2b.install.errors import CommandError, InstallError, TrialError


@pytest.mark.parametrize("error", [InstallError("x"), CommandError("x"), TrialError("x")])
def test_nothing_was_changed_unless_it_is_said(error: InstallError) -> None:
    """Each of them can end an install."""
    assert (str(error), error.outcome) == ("x", "Nothing was changed.")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (InstallError("no nginx"), "no nginx\nNothing was changed.\n"),
        (InstallError("no disk", "All as before."), "no disk\nAll as before.\n"),
        (CommandError("nginx -t: bad"), "nginx -t: bad\nNothing was changed.\n"),
    ],
)
@pytest.mark.parametrize("verb", [install, uninstall])
def test_a_verb_prints_both(
    verb: object,
    error: InstallError,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """On stderr, and with exit code 1."""
    name = str(getattr(verb, "__name__", "")).rpartition(".")[2]

    def fail(*_words: object) -> list[str]:
        raise error

    monkeypatch.setattr(verb, name, fail)

    assert cli.main([name, "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"ideolab-f2b {name}: {text}"
