"""The options of `python -m ideolab_accesslog.demo`."""

from __future__ import annotations

import pytest

from ideolab_accesslog.demo.__main__ import main


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--port", "80000"), "argument --port: '80000' is no whole number from 1 to 65535"),
        (("--port", "0"), "argument --port: '0' is no whole number from 1 to 65535"),
        (("--events", "7"), "argument --events: '7' is no whole number from 100 to 50000"),
        (("--seed", "x"), "argument --seed: invalid int value: 'x'"),
    ],
)
def test_what_makes_no_sense_is_refused(
    words: tuple[str, ...], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before there is a site."""
    with pytest.raises(SystemExit, match="2"):
        main(words)

    assert capsys.readouterr().err.endswith(f"{why}\n")
