"""Other releases of Debian as directories: their fail2ban and their Python, on this kernel."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
#: kept between runs: building one takes half a minute
CACHE = Path(os.environ.get("IDEOLAB_MATRIX_DIR", "/var/tmp/ideolab-f2b-matrix"))
PACKAGES = (
    "fail2ban", "ipset", "iptables", "iproute2", "procps", "python3", "python3-hypothesis",
    "python3-prometheus-client", "python3-pyinotify", "python3-pytest", "python3-pytest-timeout",
)  # fmt: skip
#: proc and a /run of its own for the names of network namespaces; everything is gone with the mount namespace
_ENTER = """\
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/run"
mount -t tmpfs tmpfs "$1/tmp"
mkdir -p "$1/pack"
mount --bind -o ro "$2" "$1/pack"
root=$1
shift 2
exec chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 "$@"
"""


class BuildError(RuntimeError):
    """A release cannot be had here: no mmdebstrap, or no mirror."""


def build(suite: str, packages: tuple[str, ...] = PACKAGES, name: str = "") -> Path:
    """The directory of a release with these packages, made once for each name."""
    root = CACHE / (name or suite)
    # only what was finished has its name
    if root.exists():
        return root
    if shutil.which("mmdebstrap") is None:
        raise BuildError("mmdebstrap is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    # beside its place first: what a broken build leaves is never taken for a release
    unfinished = Path(tempfile.mkdtemp(prefix=f"{suite}-", dir=CACHE))
    done = subprocess.run(
        (
            "mmdebstrap", "--quiet", "--variant=minbase", '--aptopt=APT::Install-Recommends "0"',
            '--aptopt=Acquire::Check-Valid-Until "false"', f"--include={','.join(packages)}",
            suite, str(unfinished),
        ),
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise BuildError(f"mmdebstrap {suite}: {done.stderr.strip()[-500:]}")
    unfinished.chmod(0o755)
    unfinished.rename(root)
    return root


def run(root: Path, *words: str, timeout_s: float = 900) -> subprocess.CompletedProcess[str]:
    """A program in a release, the checkout at /pack; no file of the host is in its reach."""
    return subprocess.run(
        ("unshare", "--mount", "--propagation", "private", "sh", "-euc", _ENTER, "sh", str(root),
         str(REPOSITORY), *words),
        capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip
