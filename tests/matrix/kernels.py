"""Releases of Debian with their own kernels, in an emulated machine without any disk."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.matrix.chroot import CACHE, REPOSITORY, BuildError

PACKAGES = ("iproute2", "ipset", "iptables", "kmod", "nftables", "python3")
#: seconds for a boot and the tests in it: the processor is emulated
_BOOT_S = 1200
#: what the machine does: it has no other process
_INIT = """\
#!/bin/sh
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
mkdir -p /proc /sys /dev /run /tmp
mount -t proc proc /proc; mount -t sysfs sysfs /sys; mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /tmp
cd /pack && python3 -m tests.matrix.bans_in_kernel
echo o > /proc/sysrq-trigger; sleep 60
"""
#: the kernel of the release, without the programs that would make an image for a disk
_KERNEL = """\
cd /tmp && apt-get update -qq
apt-get download -qq $(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p')
dpkg-deb --fsys-tarfile linux-image-*.deb | tar x -C / --keep-directory-symlink
depmod "$(ls /lib/modules)" && cp /boot/vmlinuz-* /vmlinuz && rm -rf /boot /tmp/*.deb /var/lib/apt/lists
"""


def build(suite: str) -> Path:
    """Return the directory of a release with its kernel, made once; BuildError where it cannot be had."""
    root = CACHE / f"{suite}-kernel"
    if root.exists():
        return root
    for program in ("mmdebstrap", "qemu-system-x86_64", "cpio"):
        if shutil.which(program) is None:
            raise BuildError(f"{program} is not installed")
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{suite}-kernel-", dir=CACHE))
    try:
        _do(
            "mmdebstrap", "--quiet", "--variant=minbase", '--aptopt=APT::Install-Recommends "0"',
            '--aptopt=Acquire::Check-Valid-Until "false"', f"--include={','.join(PACKAGES)}",
            suite, str(unfinished),
        )  # fmt: skip
        _do("chroot", str(unfinished), "sh", "-euc", _KERNEL)
    except BuildError:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    unfinished.rename(root)
    return root


def boot(root: Path) -> str:
    """Return what the machine prints until it is off."""
    with _image(root) as image:
        done = subprocess.run(
            (
                "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max", "-m", "3G", "-nographic", "-no-reboot",
                "-kernel", str(root / "vmlinuz"), "-initrd", str(image),
                "-append", "console=ttyS0 panic=-1 quiet rdinit=/init",
            ),
            stdin=subprocess.DEVNULL, capture_output=True, timeout=_BOOT_S, check=False,
        )  # fmt: skip
    return done.stdout.decode("ascii", "replace").replace("\r", "")


@contextlib.contextmanager
def _image(root: Path) -> Iterator[Path]:
    """Pack the release and this checkout into one file."""
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        own = Path(name) / "own"
        own.mkdir()
        (own / "init").write_text(_INIT)
        (own / "init").chmod(0o755)
        for part in ("ideolab_f2b", "tests/matrix", "tests/__init__.py"):
            target = own / "pack" / part
            target.parent.mkdir(parents=True, exist_ok=True)
            source = REPOSITORY / part
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        image = Path(name) / "image"
        # the kernel unpacks one archive after the other
        script = 'for top; do (cd "$top" && find . -xdev | cpio -H newc -o --quiet | gzip -1); done >"$0"'
        _do("sh", "-euc", script, str(image), str(root), str(own))
        yield image


def _do(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise BuildError(f"{words[0]}: {done.stderr.strip()[-500:]}")
