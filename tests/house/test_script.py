"""scripts/test: its venv and its look at a closed checkout, with programs that only take notes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
#: stands for python and for the python of the venv that it makes; the file `offline` lets pip fail
PYTHON = """#!/bin/sh
case "$*" in
-V) echo Python 3.11.2 ;;
*" venv "*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python" ;;
*" pip "*) [ ! -e offline ] ;;
*" pytest "*) echo "pytest of ${0#"$PWD/"}, umask $(umask)" ;;
esac
"""
#: setpriv runs nothing where a container forbids it, and reads nothing as somebody else
SETPRIV = """#!/bin/sh
[ ! -e forbidden ] || exit 1
case "$*" in *" test "*) exit 1 ;; esac
"""
#: the mount itself is left out: the rest of the command runs in the checkout
UNSHARE = """#!/bin/sh
shift 7
export IDEOLAB_F2B_OPENED
exec scripts/test "$@"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with scripts/test and nothing else, with setpriv forbidden."""
    text = (REPOSITORY / "scripts" / "test").read_text()
    programs = {
        "scripts/test": text.replace("python=/usr/bin/python3 ", f"python={tmp_path}/bin/python ", 1),
        "bin/python": PYTHON,
        "bin/setpriv": SETPRIV,
        "bin/unshare": UNSHARE,
        "bin/id": "#!/bin/sh\necho 0\n",
    }
    for name, program in programs.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(program)
        path.chmod(0o755)
    (tmp_path / "requirements").mkdir()
    for name in ("requirements/test.txt", "pyproject.toml", "setup.cfg", "forbidden"):
        (tmp_path / name).write_text("1\n")
    return tmp_path


def run(checkout: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{checkout}/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run(
        ["/bin/sh", "-c", "umask 077; exec scripts/test --no-apt x"],
        capture_output=True, text=True, env=environment, cwd=checkout, timeout=60,
    )  # fmt: skip


def test_the_venv_is_made_once_for_one_lock(checkout: Path) -> None:
    """Other settings of the checkout do not count; everybody may read what is made."""
    done = run(checkout)
    assert (done.stdout, done.stderr) == (
        "scripts/test: makes .venv\npytest of .venv/bin/python, umask 0022\n", ""
    )  # fmt: skip
    assert (checkout / ".venv").stat().st_mode & 0o777 == 0o755

    for name in ("pyproject.toml", "setup.cfg"):
        (checkout / name).write_text("2\n")
    assert "makes" not in run(checkout).stdout
    (checkout / "requirements/test.txt").write_text("2\n")
    assert "makes" in run(checkout).stdout
    assert not (checkout / ".venv.old").exists()


def test_a_venv_that_cannot_be_made_leaves_the_old_one(checkout: Path) -> None:
    """Without the network, say; it is said, and the run ends."""
    run(checkout)
    (checkout / ".venv/old").touch()
    (checkout / "requirements/test.txt").write_text("2\n")
    (checkout / "offline").touch()

    done = run(checkout)

    assert done.returncode == 1
    assert done.stdout == "scripts/test: makes .venv\n"
    assert done.stderr == "scripts/test: could not make .venv; the former one is back\n"
    assert (checkout / ".venv/old").exists()
    assert not (checkout / ".venv.old").exists()


def test_a_run_that_was_killed_leaves_the_old_venv(checkout: Path) -> None:
    """The next run finds it beside, and it still fits."""
    run(checkout)
    (checkout / ".venv").rename(checkout / ".venv.old")
    (checkout / ".venv").mkdir()

    done = run(checkout)

    assert "makes" not in done.stdout
    assert done.stdout.endswith("pytest of .venv/bin/python, umask 0022\n")


def test_a_root_that_cannot_become_somebody_else_mounts_nothing(checkout: Path) -> None:
    """As in some containers: whether the checkout is closed cannot be found out."""
    assert "closed" not in run(checkout).stdout


def test_a_checkout_that_is_closed_by_its_own_modes(checkout: Path) -> None:
    """A mount at an open place does not help: made with umask 077, each file is closed."""
    (checkout / "forbidden").unlink()

    done = run(checkout)

    assert done.returncode == 1
    assert f"scripts/test: {checkout} is closed to other users: the tests see it mounted" in done.stdout
    assert done.stderr == (
        f"scripts/test: its files are closed to other users too: chmod -R go+rX {checkout}\n"
    )
