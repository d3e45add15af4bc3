"""What a throw-away host offers to a test, whatever its PID 1 is."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
#: where a host has its checkout
CHECKOUT = Path("/opt/ideolab-f2b")
#: the scratch of other programs: journals, back-ups of passwd, fail2ban's own log and database
_SCRATCH = re.compile(
    r"/var/log/(journal|fail2ban\.log|wtmp|lastlog|btmp)|/var/(cache|tmp)/|/var/lib/(fail2ban|systemd|logrotate)/"
    # databases of other tests, which the machine starts at its boot
    r"|/var/(lib|log)/(mysql|postgresql)/"
    # what nginx, Podman and cni make when they run for the first time, here or in another test
    r"|/var/lib/(nginx|containers|cni)/"
    r"|/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|/etc/(\.pwd\.lock|machine-id|resolv\.conf|mtab|hostname)$"
    r"|/(tmp|run|proc|sys|dev)/|/root/\.cache"
)

#: a tmpfs for what is written, and the root made of this machine's and of that; $1 is a directory
MOUNT = """
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/lower" "$1/upper" "$1/work" "$1/root"
mount --bind / "$1/lower"
mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/root"
"""


def copy_checkout(directory: Path) -> None:
    """Copy the checkout: what is installed must not change while somebody edits it."""
    skipped = shutil.ignore_patterns(".*", "__pycache__", "tests", "build", "*.egg-info")
    shutil.copytree(REPOSITORY, directory, ignore=skipped)


class Host:
    """Runs programs in the host. `enter` is the command that gets there, `upper` what was written in it."""

    enter: list[str]
    upper: Path

    def run(self, *words: str, check: bool = True, timeout: float = 240) -> subprocess.CompletedProcess[str]:
        """Run a program in the host; with `check` an exit code other than 0 is an AssertionError."""
        done = subprocess.run(
            [*self.enter, *words], capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
            env={"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def out(self, *words: str) -> str:
        """Return what a program prints that must succeed."""
        return self.run(*words).stdout

    def shell(self, text: str) -> str:
        """Return what a line of bash prints that must succeed."""
        return self.out("/bin/bash", "-c", text)

    def install(self, *options: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run scripts/install with these options."""
        return self.run(str(CHECKOUT / "scripts" / "install"), "--no-apt", *options, check=check)

    def files(self) -> set[str]:
        """Return every path that differs from this machine's, with mode, owner and content."""
        return {line for line in map(self._line, self._find_written()) if line}

    def _find_written(self) -> list[Path]:
        return [Path(top, name) for top, names, files in os.walk(self.upper) for name in (*names, *files)]

    def _line(self, path: Path) -> str:
        name = f"/{path.relative_to(self.upper)}"
        if _SCRATCH.match(name + "/" if path.is_dir() and not path.is_symlink() else name):
            return ""
        now, was = _describe(path), _describe(Path(name))
        return "" if now == was else f"{name} {now}"

    def kernel(self) -> str:
        """Return the rules and the names of the sets of its network namespace."""
        return self.shell(
            "for i in iptables ip6tables; do for t in raw filter; do $i -t $t -S; done; done; ipset list -n"
        )


def _describe(path: Path) -> str:
    try:
        found = path.lstat()
    except OSError:
        return "missing"
    if stat.S_ISCHR(found.st_mode) and found.st_rdev == 0:
        # how overlayfs writes down what was deleted
        return "missing"
    content = b""
    if stat.S_ISREG(found.st_mode):
        content = path.read_bytes()
    if stat.S_ISLNK(found.st_mode):
        content = os.fsencode(os.readlink(path))
    return f"{found.st_mode:o} {found.st_uid}:{found.st_gid} {content!r}"
