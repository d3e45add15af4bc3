"""Checks that the running fail2ban-server may do what our actions do: a hardened unit forbids much."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import SERVER_STATE, Settings
from ideolab_f2b.places import FAIL2BAN_DROP_IN, find_compose, restart, runs_systemd

CHECK = "sandbox"
#: among them: without it nothing is seen of who is logged in, and the check `protected` says so
_SYS_PTRACE = 19
#: {number of a capability in include/uapi/linux/capability.h: its name and what the actions do with it}
CAPABILITIES = {
    12: ("CAP_NET_ADMIN", "no ban reaches the kernel"),
    13: ("CAP_NET_RAW", "the DROP rule cannot be placed"),
    1: ("CAP_DAC_OVERRIDE", "events and gauges cannot be written into directories of other users"),
    _SYS_PTRACE: ("CAP_SYS_PTRACE", "who is logged in over SSH is not known, and not protected"),
}
_OWN_NAMESPACES = {
    "net": "runs in another network namespace (PrivateNetwork=, a container): it protects that one only",
    "user": "runs in another user namespace (PrivateUsers=): no ban reaches this host's kernel",
}
_BY_HAND = "systemctl edit fail2ban (docs/install.md#a-hardened-fail2ban)"
_INSTALL = f"ideolab-f2b install (it writes {FAIL2BAN_DROP_IN}; docs/install.md#a-hardened-fail2ban)"
_OTHERS = "allow it where fail2ban is started, as by its container (docs/install.md#a-hardened-fail2ban)"
#: seconds for systemctl
_SYSTEMCTL_S = 20


class MountPoint(NamedTuple):
    """Where a file system is mounted in the server's view, and whether nothing can be written there."""

    path: str
    is_read_only: bool


class ServerLimits(NamedTuple):
    """What the kernel and systemd say about the server's process."""

    #: bits of the effective capabilities
    capabilities: int
    #: namespaces that are not those of this command
    foreign: Collection[str] = ()
    #: directories and files that the actions write, and that are read-only for the server
    read_only: Collection[str] = ()
    #: the address families that systemd leaves to it; None: it does not say, or does not restrict them
    families: Optional[Collection[str]] = None


def sandbox(settings: Settings) -> Iterator[Verdict]:
    """Look at the process that answers on fail2ban's socket."""
    pid = fail2ban_client.find_server()
    if pid is None:
        yield unknown(CHECK, "who runs fail2ban is not known", "sudo ideolab-f2b check, while fail2ban runs")
        return
    paths = settings.paths
    try:
        limits = look(pid, (paths.log_dir, paths.textfile_dir, SERVER_STATE))
    except (OSError, KeyError, ValueError) as error:
        yield unknown(CHECK, f"process {pid} of fail2ban cannot be looked into: {error}")
        return
    yield from judge(limits)


def look(pid: int, needed: Iterable[Path], proc: Path = Path("/proc")) -> ServerLimits:
    """Return what limits a process; OSError, KeyError or ValueError where that cannot be read."""
    process = proc / str(pid)
    lines = (process / "status").read_text("utf-8", "replace").split("\n")
    status = dict(line.split(":", 1) for line in lines if ":" in line)
    mounts = parse_mounts((process / "mountinfo").read_text("utf-8", "replace"))
    own = proc / "self" / "ns"
    return ServerLimits(
        int(status["CapEff"], 16),
        [name for name in _OWN_NAMESPACES if os.readlink(process / "ns" / name) != os.readlink(own / name)],
        [str(path) for path in needed if path.exists() and is_read_only(mounts, str(path))],
        _ask_families(),
    )


def parse_mounts(text: str) -> list[MountPoint]:
    """Read /proc/PID/mountinfo. Pure."""
    found = []
    for line in text.splitlines():
        words, _dash, rest = line.partition(" - ")
        fields = words.split()
        # a mount can be read-only, or the file system that is mounted
        options = {*fields[5].split(","), *rest.split()[-1].split(",")}
        found.append(MountPoint(fields[4].encode().decode("unicode_escape"), "ro" in options))
    return found


def is_read_only(mounts: Iterable[MountPoint], path: str) -> bool:
    """Return whether the innermost mount that holds a path is read-only; the later of two hides the other."""
    above = [one for one in mounts if one.path == "/" or path == one.path or path.startswith(f"{one.path}/")]
    longest = max((len(one.path) for one in above), default=0)
    return [one.is_read_only for one in above if len(one.path) == longest][-1:] == [True]


def _ask_families() -> Optional[list[str]]:
    if not runs_systemd():
        return None
    words = ["systemctl", "show", "--property=RestrictAddressFamilies", "fail2ban.service"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=_SYSTEMCTL_S)
    except (OSError, subprocess.SubprocessError):
        return None
    return parse_families(dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line))


def parse_families(shown: Mapping[str, str]) -> Optional[list[str]]:
    """Return the families that are allowed, of what systemctl shows; None: netlink is not forbidden. Pure."""
    text = shown.get("RestrictAddressFamilies", "")
    if text.startswith("~"):
        return None if "AF_NETLINK" not in text else []
    return text.split() or None


def judge(limits: ServerLimits) -> Iterator[Verdict]:
    """Yield what keeps the server from its work, or one ok. Pure."""
    found = [wrong(CHECK, f"fail2ban {_OWN_NAMESPACES[name]}", _BY_HAND) for name in limits.foreign]
    if limits.families is not None and "AF_NETLINK" not in limits.families:
        found.append(
            _forbidden("may open no netlink socket (RestrictAddressFamilies=): no ban reaches the kernel")
        )
    for number, (name, what) in CAPABILITIES.items():
        # in a container of its own it has no process of sshd to look into
        is_needed = number != _SYS_PTRACE or not find_compose()
        if is_needed and not limits.capabilities >> number & 1:
            found.append(_forbidden(f"runs without {name}: {what}"))
    if limits.read_only:
        found.append(_forbidden(f"may not write {', '.join(limits.read_only)}: events and gauges are lost"))
    yield from found or [ok(CHECK, "fail2ban has the capabilities, and may write what the actions write")]


def _forbidden(what: str) -> Verdict:
    mend = f"{_INSTALL}; {restart('fail2ban')}" if runs_systemd() else _OTHERS
    return wrong(CHECK, f"fail2ban {what}", mend)
