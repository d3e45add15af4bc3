"""The Django app on the oldest and the newest Django that it is for, each with a Python of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
#: (Python, Django)
RELEASES = (("3.9", "4.2"), ("3.11", "5.2"), ("3.12", "6.0"), ("3.13", "6.1"))
PACKAGES = (
    *("pytest", "pytest-django", "pytest-randomly", "pytest-timeout", "pytest-xdist", "hypothesis"),
    *("psycopg[binary]", "PyMySQL", "redis", "gunicorn", "uvicorn", "prometheus-client"),
)
#: those that fail2ban's own Python runs, and the browser's, need no other Django
LEFT_OUT = ("browser", "feed", "firewall_real", "scenarios", "units")

pytestmark = [pytest.mark.matrix, pytest.mark.timeout(900)]


def _interpreter(version: str) -> str:
    """From PATH, or one that pyenv holds."""
    found = shutil.which(f"python{version}")
    kept = sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*"))
    if kept:
        return str(kept[-1] / "bin" / "python")
    if found is None:
        pytest.skip(f"there is no python{version}")
    return found


@pytest.mark.parametrize(("python", "django"), RELEASES)
def test_the_app(python: str, django: str, tmp_path: Path) -> None:
    """Its tests pass there, with all three databases and real web servers."""
    subprocess.run([_interpreter(python), "-m", "venv", tmp_path / "venv"], check=True, timeout=120)
    program = str(tmp_path / "venv" / "bin" / "python")
    wanted = [f"Django=={django}.*", *PACKAGES]
    subprocess.run([program, "-m", "pip", "install", "-q", *wanted], check=True, timeout=400)
    ignored = [f"--ignore=tests/accesslog/test_{name}.py" for name in LEFT_OUT]
    done = subprocess.run(
        [program, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", *ignored, "tests/accesslog"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
