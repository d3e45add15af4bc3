"""The installed pack on a test host: a suspect, and what becomes of it."""

from __future__ import annotations

import subprocess

from demo.lab.wait import wait_until
from tests.host.overlay import Host

SUSPECT = "203.0.113.9"


def write_suspect(host: Host, address: str = SUSPECT) -> None:
    """Write a line as connmon writes it, as the user that connmon is."""
    line = (
        f"$(date +%Y-%m-%dT%H:%M:%S%z) connmon: suspect {address} scope=ip score=5 connections=40 mute=40"
        " partial-hello=0 handshake=0 trickle=0 slow-read=0 idle=0 port=443"
    )
    host.run(
        "runuser", "-u", "ideolab", "--", "/bin/sh", "-c", f'echo "{line}" >>/var/log/ideolab/connmon.log'
    )


def is_banned(host: Host, address: str = SUSPECT) -> bool:
    """Whether the kernel holds the ban; fail2ban's list alone does not count."""
    return host.run("ipset", "test", "ideolab_connmon", address, check=False).returncode == 0


def wait_for_ban(host: Host, address: str = SUSPECT) -> None:
    """Return when the kernel holds the ban; the error shows fail2ban's log and the sets."""
    wait_until(
        lambda: is_banned(host, address), lambda: host.shell("tail -30 /var/log/fail2ban.log; ipset list")
    )


#: what these hosts cannot know: they have no sshd, no nginx and no interface, and nobody has asked nginx
_UNKNOWN = (
    "unknown  protected: who is logged in over SSH is not known",
    "unknown  served: nginx ",
    "unknown  front: too few lines ",
    "unknown  port 443: nothing listens ",
    "unknown  network: whether this is the host's network is not known: it has no interface",
)


def verdicts(host: Host) -> tuple[int, list[str]]:
    """Return the exit code of `ideolab-f2b check`, and what it shows that not every such host shows."""
    done = host.run("ideolab-f2b", "check", check=False)
    lines: list[str] = []
    is_expected = False
    for line in done.stdout.splitlines()[:-1]:
        if "->" not in line.split(":")[0]:
            is_expected = line.startswith(_UNKNOWN)
        if not is_expected:
            lines.append(line)
    return done.returncode, lines


def wait_for_health(host: Host) -> None:
    """Return when the check finds nothing; connmon and the jails take a moment after their start."""
    wait_until(lambda: verdicts(host) == (0, []), lambda: str(verdicts(host)), every_s=0.5)


def hold_datagrams(host: Host) -> None:
    """Let the host's kernel hold as many as after a usual boot; a container may not set that itself."""
    words = [*host.enter[:3], "-n", "sysctl", "-qw", "net.unix.max_dgram_qlen=512"]
    subprocess.run(words, check=True, capture_output=True)
