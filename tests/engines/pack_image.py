"""The image of deploy/docker/Dockerfile without a registry: its steps, in an overlay of this machine."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

from demo.lab.child import REPOSITORY
from ideolab_f2b import manifest
from tests.host.chroot import make_chroot
from tests.host.overlay import CHECKOUT, Host

PATH = REPOSITORY / "deploy" / "docker" / "Dockerfile"
_IMAGE = "/image"
#: nothing comes from a mirror: what apt would install is here, as the mark `root` of the tests says
_NO_APT = "mkdir /no-apt && ln -s /bin/true /no-apt/apt-get"
#: a slim image of Debian has no systemd
_NO_SYSTEMD = "rm -f /usr/sbin/init /sbin/init /lib/systemd/systemd"
#: directories in which the machine's are seen, and what the Dockerfile makes in /run; Docker puts its init
#: into /sbin, which must not lead to where the machine's programs are mounted
_LAYOUT = f"""
mkdir -p {_IMAGE}/proc {_IMAGE}/sys {_IMAGE}/dev {_IMAGE}/tmp {_IMAGE}/root {_IMAGE}/var/lib/fail2ban
mkdir {_IMAGE}/sbin && ln -s /usr/sbin/* {_IMAGE}/sbin
cp -a /bin /lib* {_IMAGE}; cp -a --parents /var/run {_IMAGE}
cp -a --parents /etc /run/ideolab /run/ideolab-netns {_IMAGE}
for directory in $(ls /usr); do mkdir -p {_IMAGE}/usr/$directory; done
rm -rf {_IMAGE}/etc/ssl/private {_IMAGE}/etc/ssh
"""


def find_mounts() -> list[str]:
    """Return what each container sees of the machine: its programs, and nothing that the pack installs."""
    return [f"{path}:{path}:ro" for path in sorted(Path("/usr").iterdir()) if path.name != "local"]


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, (word, rest), with continued lines joined. Pure."""
    lines = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", " ").splitlines()
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines if line.strip()]


def read_changes() -> list[str]:
    """Return the lines of the Dockerfile that `docker import` takes too."""
    return [f"{word} {rest}" for word, rest in instructions(PATH.read_text()) if word in ("ENV", "CMD")]


def build() -> bytes:
    """Run the steps of the Dockerfile; return the root as a tar archive."""
    variables = ""
    with make_chroot() as host:
        host.shell(f"{_NO_APT}; {_NO_SYSTEMD}")
        for word, rest in instructions(PATH.read_text()):
            if word == "ARG":
                variables += f"export {rest}; "
            elif word == "COPY":
                _copy(host, *rest.split())
            elif word == "RUN":
                host.run("sh", "-ec", f"PATH=/no-apt:$PATH; {variables}{rest}")
        host.shell(_LAYOUT)
        _copy_installed(host)
        packed = subprocess.run(
            [*host.enter, "tar", "-C", _IMAGE, "-c", "."], capture_output=True, check=True
        )
    return packed.stdout


def _copy(host: Host, source: str, target: str) -> None:
    host.run("cp", "-a", "-T", f"{CHECKOUT}/{source}", target)


def _copy_installed(host: Host) -> None:
    """Copy what the installer has put outside of /etc: the machine has more there."""
    entries = json.loads(host.out("cat", str(manifest.PATH)))["entries"]
    paths = [one["path"] for one in entries if one["path"].startswith(("/usr/", "/var/"))]
    host.run("cp", "-a", "--parents", str(manifest.PATH), *paths, _IMAGE)
