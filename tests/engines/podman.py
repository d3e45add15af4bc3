"""A real Podman with netavark in a room; it has no daemon."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.engines.image import MOUNTS, write_root
from tests.engines.room import Room
from tests.engines.subnet import Subnet

#: crun refuses cgroups of both versions; Podman's own limits need CAP_SYS_RESOURCE, which a CI may lack
_CONFIG = """\
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
tmp_dir = "{directory}/tmp"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[network]
network_backend = "netavark"
network_config_dir = "{directory}/networks"
"""
_NETWORK = "front"


class Podman:
    """All its files are below the room's directory."""

    def __init__(self, room: Room, subnet: Subnet) -> None:
        self._room, self._directory = room, room.directory / "podman"
        self._directory.mkdir()
        (self._directory / "containers.conf").write_text(_CONFIG.format(directory=self._directory))
        subnets = ("--subnet", f"{subnet.v4}.0/24", "--subnet", f"{subnet.v6}::/64")
        self._podman("network", "create", "--ipv6", "--disable-dns", *subnets, _NETWORK)

    def _podman(self, *words: str) -> str:
        # it wants a short path for what is not kept
        places = ("--root", f"{self._directory}/data", "--runroot", "/run/podman")
        return self._room.run(
            *("podman", *places, "--storage-driver", "vfs", *words),
            variables={"CONTAINERS_CONF": f"{self._directory}/containers.conf"},
        )

    def serve(self, name: str, program: tuple[list[str], Path], ports: Mapping[int, int]) -> None:
        """Start a container; `program` is its command line and files, `ports` {of the host: its own}."""
        words, site = program
        options = ["--detach", "--name", name, "--network", _NETWORK, "--volume", f"{site}:{site}"]
        options += [word for path in MOUNTS for word in ("--volume", f"{path}:{path}:ro")]
        options += [word for outer, inner in ports.items() for word in ("--publish", f"{outer}:{inner}")]
        root = write_root(self._directory / name)
        self._podman("run", *options, "--rootfs", str(root), *words)

    def find_pid(self, name: str) -> int:
        """Return the number of a container's first process."""
        return int(self._podman("inspect", "--format", "{{.State.Pid}}", name))

    def find_id(self, name: str) -> str:
        """Return the long name that Podman gave to a container."""
        return self._podman("inspect", "--format", "{{.Id}}", name).strip()

    def restart(self, name: str) -> None:
        """Stop and start a container."""
        self._podman("restart", "--time", "0", name)

    def stop(self) -> None:
        """Remove all containers."""
        self._podman("rm", "--all", "--force", "--time", "0")
