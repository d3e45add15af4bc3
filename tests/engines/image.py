"""The root of a container without any image: the machine's own programs, read-only, and empty directories."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

_DIRECTORIES = ("dev", "etc/ssl", "proc", "run", "sys", "tmp", "usr", "var/lib/nginx", "var/log/nginx")
_LINKS = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
_FILES = {
    "etc/passwd": "root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:/bin/false\n",
    "etc/group": "root:x:0:\nwww-data:x:33:\n",
}
#: what each container sees of the machine
MOUNTS = ("/usr", "/etc/ssl", "/etc/ld.so.cache")


def write_root(directory: Path) -> Path:
    """Make such a root as a directory and return it."""
    for name in _DIRECTORIES:
        (directory / name).mkdir(parents=True)
    for name in filter(lambda name: Path("/usr", name).exists(), _LINKS):
        (directory / name).symlink_to(f"usr/{name}")
    for name, text in _FILES.items():
        (directory / name).write_text(text)
    (directory / "etc/ld.so.cache").touch()
    return directory


def pack_root(directory: Path) -> bytes:
    """Return a root as a tar archive, as `docker import` takes it."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        archive.add(directory, arcname=".")
    return packed.getvalue()
