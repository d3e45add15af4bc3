"""What the metrics of the daemons mean, and how they are read."""

from __future__ import annotations

import dataclasses
import os
import time
from pathlib import Path

import pytest

from ideolab_f2b.check import services
from ideolab_f2b.config import Connmon, Paths, Settings

NOW = 1795363384.0
PROM = 'ideolab_f2b_last_success_timestamp_seconds{job="connmon"} 1.795363379e+09\n'


@pytest.mark.parametrize(
    ("text", "now", "said"),
    [
        (PROM, NOW, "ok       connmon: last did its work 5 s ago"),
        (PROM, NOW + 500, "wrong    connmon: last did its work 505 s ago"),
        (
            PROM, NOW - 500,
            "unknown  connmon: last did its work 495 s from now: the clock was set back",
        ),
        ("x 1\n", NOW, "wrong    connmon: /t/ideolab_connmon.prom does not say when it last did its work"),
        (
            None, NOW,
            "wrong    connmon: /t/ideolab_connmon.prom is missing: it does not run, or cannot write there",
        ),
    ],
)  # fmt: skip
def test_connmon(text: str | None, now: float, said: str) -> None:
    """Alive is who looked a moment ago."""
    path = Path("/t/ideolab_connmon.prom")

    assert str(services.judge("connmon", "ideolab-connmon", path, text, now)).splitlines()[0] == said


def test_the_intake_is_asked_about_where_it_was_installed(tmp_path: Path) -> None:
    """A host without `--nginx` is not told that something is missing."""
    path = tmp_path / "jail.local"
    assert not services.is_asked(path)

    path.write_text("[nginx-ideolab-slowtls]\nenabled = true\n")
    assert not services.is_asked(path)

    path.write_text("# >>> ideolab-f2b\n[nginx-ideolab-slowtls]\nenabled = true\n# <<< ideolab-f2b\n")
    assert services.is_asked(path)


def test_each_daemon_has_its_own_gauges() -> None:
    """What connmon did says nothing about the intake."""
    path = Path("/t/ideolab_intake.prom")

    assert str(services.judge("intake", "ideolab-intake", path, PROM, NOW)).startswith("wrong    intake: ")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(paths=Paths(log_dir=tmp_path, state_dir=tmp_path, textfile_dir=tmp_path))


def states(verdicts: object) -> list[tuple[str, str]]:
    return [(verdict.check, verdict.state) for verdict in verdicts]  # type: ignore[attr-defined]


def test_the_gauges_are_read_from_their_file(settings: Settings) -> None:
    """Freshness from their text."""
    assert states(services.connmon(settings)) == [("connmon", "wrong")]

    path = settings.paths.connmon_prom
    path.write_text(f'ideolab_f2b_last_success_timestamp_seconds{{job="connmon"}} {time.time()}\n')

    assert states(services.connmon(settings)) == [("connmon", "ok")]


def test_a_host_that_bans_nobody_is_red(settings: Settings) -> None:
    """What somebody tried and forgot is found by whoever looks."""
    observing = dataclasses.replace(settings, connmon=Connmon(observe=True))
    _daemon, verdict = services.connmon(observing)

    assert (verdict.check, verdict.state) == ("observe", "wrong")
    assert verdict.text.startswith("observe = yes: nobody is banned by connmon")
    assert "observe = no in /etc/ideolab/f2b.conf" in verdict.mend


def test_a_pipe_in_place_of_the_gauges(tmp_path: Path) -> None:
    """The directory is another user's: he must not stop root's check."""
    settings = Settings(paths=Paths(textfile_dir=tmp_path))
    os.mkfifo(settings.paths.connmon_prom)

    assert [verdict.state for verdict in services.connmon(settings)] == ["wrong"]
