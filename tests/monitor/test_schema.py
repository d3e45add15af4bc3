"""Grafana's own TypeScript types take the dashboard: of Grafana 10, of 11, and of the newest (npm)."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent.parent
BOARD = REPOSITORY / "deploy/grafana/ideolab-f2b.json"
RELEASES = ("10.4.19", "11.6.0", "latest")
_TSC = "--noEmit --strict --skipLibCheck --module esnext --moduleResolution bundler --target es2022"
_HEAD = """\
import type { Dashboard } from '@grafana/schema';
// JSON holds the values of the enums: take them by value, at any depth
type Plain<T> = T extends string ? `${T}` : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
export const board: Plain<Dashboard> =
"""

pytestmark = [
    pytest.mark.matrix,
    pytest.mark.skipif(shutil.which("npm") is None, reason="needs npm, and its registry"),
]


def run(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=directory, capture_output=True, text=True, timeout=300)


def checked(directory: Path, text: str) -> subprocess.CompletedProcess[str]:
    (directory / "board.ts").write_text(_HEAD + text)
    return run(directory, "node_modules/.bin/tsc", *_TSC.split(), "board.ts")


@pytest.fixture(scope="module", params=RELEASES)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with that release's types and a TypeScript compiler."""
    directory: Path = tmp_path_factory.mktemp("schema")
    (directory / "package.json").write_text("{}")
    done = run(
        directory,
        "npm",
        "install",
        "--no-audit",
        "--no-fund",
        f"@grafana/schema@{request.param}",
        "typescript@5",
    )
    assert done.returncode == 0, done.stderr
    return directory


def test_grafana_knows_every_key_and_value(installed: Path) -> None:
    """No unknown key, no wrong type, no word that an enum does not have."""
    done = checked(installed, BOARD.read_text())

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"graphTooltip": 1', '"graphTooltip": 7'),
        ('"gridPos"', '"gridPosition"'),
        ('"absolute"', '"relative"'),
    ],
)
def test_it_would_complain(installed: Path, right: str, wrong: str) -> None:
    """A number out of range, an unknown key, an unknown word."""
    text = BOARD.read_text()
    assert right in text

    assert checked(installed, text.replace(right, wrong, 1)).returncode != 0
