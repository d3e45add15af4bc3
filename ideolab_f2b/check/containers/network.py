"""Checks that bans hold for the host: in a container's own network they hold for that container alone."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.kernel.interfaces import Interface, read_interfaces
from ideolab_f2b.kernel.sockets.listener import listeners

CHECK = "network"
#: PROC_PID_INIT_INO of linux/proc_ns.h: the first namespace of processes
FIRST_PIDS = 0xEFFFFFFC
#: {what an engine puts into its containers: what it is}
_MARKS = {"run/.containerenv": "Podman", ".dockerenv": "Docker", "run/systemd/container": ""}
#: words of PID 1's cgroup
_CGROUPS = {"docker": "Docker", "libpod": "Podman", "kubepods": "Kubernetes", "lxc.payload": "LXC"}
#: kinds of the interface by which a container is connected
_GUESTS = frozenset(("veth", "netkit", "macvlan", "ipvlan", "macvtap", "tun"))
#: names of a PID 1 that starts services, as LXC's and nspawn's containers have it
INITS = frozenset(("systemd", "init", "openrc-init", "runit"))
_HOST_NETWORK = "give fail2ban's container the host's network (docs/containers.md#the-pack-in-containers)"


class OwnNetwork(NamedTuple):
    """What is known of the network namespace; `guests` are a container's interfaces, as `eth0 (veth)`."""

    hardware: Collection[str]
    guests: Collection[str]
    #: the same as that of PID 1 of the host; None where that cannot be seen
    is_first: Optional[bool]
    #: the engine whose container this is; "" outside of any, "a container" where it has no name
    engine: str
    #: PID 1 as the kernel names it
    init: str
    #: the kernel is that of Docker Desktop's virtual machine
    is_desktop: bool


def network(settings: Settings) -> Iterator[Verdict]:
    """Compare this network namespace with the host's, or judge by its interfaces."""
    ports = settings.connmon.ports
    try:
        seen = look()
        yield judge(seen, [port for port in ports if listeners(port)], ports)
    except OSError as error:
        yield unknown(CHECK, str(error))


def look(root: Path = Path("/"), proc: Path = Path("/proc")) -> OwnNetwork:
    """Return what is known of this network namespace; OSError where its interfaces cannot be read."""
    hardware, guests = sort_links(read_interfaces())
    is_first = _is_first(proc)
    init = _read(proc / "1" / "comm").strip()
    is_desktop = "linuxkit" in os.uname().release
    return OwnNetwork(hardware, guests, is_first, find_engine(root, proc), init, is_desktop)


def sort_links(links: Iterable[Interface]) -> tuple[list[str], list[str]]:
    """Return the interfaces that are hardware, and those whose other end is in another namespace. Pure."""
    plain = [link for link in links if not link.is_loopback]
    hardware = [link.name for link in plain if not link.kind]
    guests = [
        f"{link.name} ({link.kind})"
        for link in plain
        if link.kind in _GUESTS and not link.master and (link.is_foreign or link.kind == "tun")
    ]
    return hardware, guests


def _is_first(proc: Path) -> Optional[bool]:
    """Return whether this is the network of the host's PID 1, where that is the PID 1 that we see."""
    try:
        if os.stat(proc / "self" / "ns" / "pid").st_ino != FIRST_PIDS:
            return None
        # anybody may read the tables of any process: one inode for each namespace
        places = [proc / process / "net" / "dev" for process in ("self", "1")]
        return len({os.stat(place).st_ino for place in places}) == 1
    except OSError:
        return None


def find_engine(root: Path, proc: Path) -> str:
    """Return the engine in whose container this process is; "" when nothing tells of one."""
    marks = {name: (root / path).exists() for path, name in _MARKS.items()}
    found = [name for name, is_there in marks.items() if is_there]
    text = _read(proc / "self" / "cgroup")
    named = [name for word, name in _CGROUPS.items() if word in text]
    return next((name for name in (*named, *found) if name), "a container" if found else "")


def _read(path: Path) -> str:
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read(16384)
    except OSError:
        return ""


def judge(seen: OwnNetwork, listening: Collection[int], ports: Collection[int]) -> Verdict:
    """Return the verdict on the network; `listening` are those of the watched ports with a listener. Pure."""
    engine = "" if seen.engine in ("", "a container") else f"{seen.engine}: "
    watched = ", ".join(map(str, ports))
    if seen.is_first or (seen.is_first is None and seen.hardware):
        if seen.is_desktop:
            text = "this is the network of Docker Desktop's virtual machine: no client's address is seen"
            return unknown(CHECK, text, "run fail2ban and the web server on a Linux host")
        shown = ", ".join([*seen.hardware][:3]) or "that of PID 1"
        return ok(CHECK, f"{engine}this is the host's network ({shown})")
    if not seen.guests and seen.is_first is None:
        return unknown(
            CHECK, "whether this is the host's network is not known: it has no interface", _HOST_NETWORK
        )
    what = f"{engine}this network is not the host's ({', '.join([*seen.guests][:3]) or 'no interface'})"
    if listening:
        return ok(CHECK, f"{what}, and the web server is in it: port {', '.join(map(str, listening))}")
    text = f"{what}: bans hold for it alone, and nothing listens on port {watched} in it"
    if seen.is_first is None and seen.init in INITS:
        return unknown(CHECK, text, f"start the web server here, or {_HOST_NETWORK}")
    return wrong(CHECK, text, _HOST_NETWORK)
