"""What setuptools makes of the tree, built in a copy of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGES = ("ideolab_accesslog", "ideolab_f2b")
#: folders whose files a source archive holds
FOLDERS = (
    ".ci", "LICENSES", "action.d", "demo", "deploy", "docs", "filter.d", "ideolab_accesslog", "ideolab_f2b",
    "jail.d", "requirements", "scripts", "tests",
)  # fmt: skip
_BUILD = """
import sys
from setuptools import build_meta
getattr(build_meta, sys.argv[1])(sys.argv[2])
"""


def copy_tree(root: Path) -> Path:
    """Copy what a checkout has: a build writes into its tree."""
    for folder in FOLDERS:
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in REPOSITORY.iterdir():
        if path.is_file() and path.name != ".git" and not path.name.startswith(".coverage"):
            shutil.copy(path, root)
    return root


def list_files(root: Path, folders: tuple[str, ...] = FOLDERS) -> set[str]:
    """Return the files of the tree below these folders, without what Python and tests leave there."""
    left = ("__pycache__", ".pyc", "/logs/")
    paths = (path for folder in folders for path in (root / folder).rglob("*") if path.is_file())
    return {
        name for name in (str(path.relative_to(root)) for path in paths) if not any(x in name for x in left)
    }


def build(tree: Path, made: Path, *kinds: str) -> Path:
    """Make `sdist` and `wheel` of a tree, or one of them; return their directory."""
    for kind in kinds:
        words = [sys.executable, "-c", _BUILD, f"build_{kind}", str(made)]
        done = subprocess.run(words, cwd=tree, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    return made


def unpack(built: Path, place: Path) -> Path:
    """Return the tree that is in the archive."""
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        # members of our own archive
        archive.extractall(place)  # noqa: S202
    (tree,) = place.iterdir()
    return tree


def wheel_path(built: Path) -> Path:
    """Return the wheel."""
    (path,) = built.glob("*.whl")
    return path


def wheel_files(built: Path) -> dict[str, bytes]:
    """Return {path as pip installs it: content}."""
    with zipfile.ZipFile(wheel_path(built)) as wheel:
        return {name.partition(".data/data/")[2] or name: wheel.read(name) for name in wheel.namelist()}
