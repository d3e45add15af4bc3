"""Runs tests of another project from its source, and returns what became of each."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
#: where scripts/test unpacks the sources
DIRECTORY = Path(os.environ.get("SUITES_DIRECTORY") or Path(sys.prefix, "suites"))
#: of one run: a busy machine is slow, and this one is often
LIMIT_S = 380


@dataclass(frozen=True)
class Source:
    """A project's tests: its name on PyPI, where they run, with which settings, and by which command."""

    project: str
    below: str
    settings: str
    command: tuple[str, ...]

    @property
    def path(self) -> Path:
        """The unpacked source of the version that is installed."""
        version = importlib.metadata.version(self.project)
        return DIRECTORY / f"{self.project.replace('-', '_')}-{version}"

    def run(
        self, labels: tuple[str, ...], results: Path, with_app: bool, **environment: str
    ) -> Mapping[str, str]:
        """Run these tests and return {test: passed, failed or skipped}."""
        done = subprocess.run(
            [sys.executable, *self.command, *labels],
            cwd=self.path / self.below,
            env=self._environment(results, with_app, environment),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        assert results.exists(), f"{self.project} ran no test:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        outcomes: dict[str, str] = json.loads(results.read_text())
        return outcomes

    def _environment(self, results: Path, with_app: bool, others: Mapping[str, str]) -> dict[str, str]:
        # the source first: the installed project has no tests
        paths = (Path(__file__).parent, self.path / self.below, self.path, REPOSITORY)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(results.parent),
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "SUITE_SETTINGS": self.settings,
            "SUITE_RESULTS": str(results),
            **({"SUITE_APP": "1"} if with_app else {}),
            **others,
        }


_PYTEST = ("-m", "pytest", "-q", "--ds=suite_settings", "-p", "suite_plugin", "-p", "no:cacheprovider")
_PLAIN = (*_PYTEST, "-p", "no:randomly", "-p", "no:xdist", "-o", "addopts=")
DJANGO = Source(
    "django",
    "tests",
    "test_sqlite",
    ("runtests.py", "--settings=suite_settings", "--parallel=1", "--noinput"),
)
ALLAUTH = Source("django-allauth", ".", "tests.projects.account_only.settings", _PLAIN)
AXES = Source("django-axes", ".", "tests.settings", _PLAIN)
