"""`ideolab-f2b geo`: its table of verbs."""

from __future__ import annotations

import pytest

from ideolab_f2b import cli
from ideolab_f2b.commands.geo.geo import VERBS


def test_the_verbs() -> None:
    """In the order in which they are used."""
    assert list(VERBS) == ["build", "show", "apply", "confirm", "pause", "remove"]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_each_verb_fits_a_terminal(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """80 columns, and words for each option."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as caught:
        cli.main(["geo", verb, "--help"])

    out = capsys.readouterr().out
    assert caught.value.code == 0
    assert out.startswith(f"usage: ideolab-f2b geo {verb} ")
    assert [line for line in out.splitlines() if len(line) > 79] == []


@pytest.mark.parametrize("words", [["geo"], ["geo", "frobnicate"]])
def test_a_verb_that_is_none(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """The usage, and exit code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words)

    assert caught.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ideolab-f2b geo [-h] VERB ...\n")
