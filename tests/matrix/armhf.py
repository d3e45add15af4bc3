"""Debian 13 for armhf below an emulator of its processor: long has 32 bits there, time_t has 64."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.matrix.chroot import CACHE, REPOSITORY, BuildError

PACKAGES = ("python3", "python3-hypothesis", "python3-pytest", "python3-pytest-timeout")
_SUITE = "trixie"
_EMULATOR = "qemu-arm-static"
#: the mirror that this machine has, as apt knows it
_MIRROR = ("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages")


def build() -> Path:
    """Return the directory of the release, made once; BuildError where its packages cannot be had."""
    root = CACHE / "trixie-armhf"
    if root.exists():
        return root
    if shutil.which("mmdebstrap") is None:
        raise BuildError("mmdebstrap is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="armhf-", dir=CACHE))
    try:
        # nothing of it runs outside of the emulator, so nothing is configured
        _do(
            "mmdebstrap", "--quiet", "--variant=extract", "--architectures=armhf",
            '--aptopt=APT::Install-Recommends "0"', '--aptopt=Acquire::Check-Valid-Until "false"',
            f"--include={','.join(PACKAGES)}", _SUITE, str(unfinished), _source(),
        )  # fmt: skip
    except BuildError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    lib = unfinished / "lib"
    if not lib.exists():
        lib.symlink_to("usr/lib")
    unfinished.rename(root)
    return root


def emulator() -> str:
    """Return the emulator's program: the installed one, or one from its package, which is not installed."""
    cached = CACHE / _EMULATOR
    installed = shutil.which(_EMULATOR)
    if installed or cached.exists():
        return installed or str(cached)
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        _do("apt-get", "download", "qemu-user-static", cwd=name)
        package = next(Path(name).glob("qemu-user-static_*.deb"), None)
        if package is None:
            raise BuildError("apt-get has no qemu-user-static")
        _do("dpkg-deb", "--extract", str(package), name)
        (Path(name) / "usr/bin" / _EMULATOR).rename(cached)
    return str(cached)


def run(root: Path, *words: str, timeout_s: float = 900) -> subprocess.CompletedProcess[str]:
    """Run its Python, from the checkout, with these words."""
    python = next((root / "usr/bin").glob("python3.[0-9]*"))
    return subprocess.run(
        (emulator(), "-L", str(root), "-E", "PYTHONDONTWRITEBYTECODE=1", str(python), "-s", *words),
        cwd=REPOSITORY, capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip


def _source() -> str:
    mirrors = _do(*_MIRROR).stdout.split()
    if not mirrors:
        raise BuildError("apt has no package lists; apt-get update")
    # of the release alone: its updates and its security have nothing that is needed here
    return f"deb {mirrors[0]} {_SUITE} main"


def _do(*words: str, cwd: str | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode:
        raise BuildError(f"{words[0]}: {done.stderr.strip()[-500:]}")
    return done
