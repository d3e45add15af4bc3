"""An environment of its own for a wheel: Python, pip, the wheel, and the Django of the test run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

#: what Django needs; typing_extensions only with Python 3.9 and 3.10
_DJANGO = ("django", "asgiref", "sqlparse", "typing_extensions")


@dataclass(frozen=True)
class Environment:
    """`directory` is the venv; programs run in `work`, far from the checkout."""

    directory: Path
    work: Path

    def start(self, program: str, *words: str) -> subprocess.Popen[str]:
        """Start a program of the environment; what it prints is in one pipe."""
        # the environment's programs come first, as after bin/activate
        path = f"{self.directory}/bin:{os.environ['PATH']}"
        return subprocess.Popen(
            [program, *words],
            executable=shutil.which(program, path=path),
            cwd=self.work,
            env={"PATH": path, "HOME": str(self.work), "LANG": "C.UTF-8"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def call(self, program: str, *words: str) -> str:
        """Run a program of the environment to its good end; return what it prints."""
        with self.start(program, *words) as child:
            printed, _none = child.communicate(timeout=300)
        assert child.returncode == 0, f"{program} {words}: {child.returncode}\n{printed}"
        return printed


def make_environment(place: Path, wheel: Path) -> Environment:
    """Return a new environment with the wheel; nothing comes from a registry."""
    directory, work, lent = place / "venv", place / "work", place / "lent"
    subprocess.run(
        [sys.executable, "-m", "venv", str(directory)], check=True, capture_output=True, timeout=300
    )
    work.mkdir()
    lent.mkdir()
    environment = Environment(directory, work)
    environment.call("python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", str(wheel))
    for name in _DJANGO:
        _lend(name, lent)
    packages = environment.call(
        "python", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"
    ).strip()
    (Path(packages) / "django-of-the-tests.pth").write_text(f"{lent}\n")
    return environment


def _lend(name: str, lent: Path) -> None:
    """Link one package of the test run's environment, and nothing beside it."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        return
    origin = Path(spec.origin)
    origin = origin.parent if origin.name == "__init__.py" else origin
    (lent / origin.name).symlink_to(origin)
