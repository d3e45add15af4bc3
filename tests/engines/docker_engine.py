"""A real dockerd in a room, driven by the docker package."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

import docker

from demo.lab.child import Child
from demo.lab.wait import wait_until
from tests.engines.image import MOUNTS, pack_root, write_root
from tests.engines.room import Room
from tests.engines.subnet import Subnet

_IMAGE = "ideolab-f2b:empty"


class Docker:
    """One daemon; all its files are below the room's directory, `variables` say which iptables it finds."""

    def __init__(
        self, room: Room, subnet: Subnet, variables: Mapping[str, str] = {}, options: Iterable[str] = ()
    ) -> None:
        self._room, self._variables = room, variables
        self._directory = room.directory / "docker"
        self._directory.mkdir()
        self._socket = self._directory / "sock"
        self._words = (
            *("dockerd", "--data-root", f"{self._directory}/data", "--exec-root", f"{self._directory}/exec"),
            *("--pidfile", f"{self._directory}/pid", "--host", f"unix://{self._socket}"),
            *("--bip", f"{subnet.v4}.1/24", "--ipv6", "--fixed-cidr-v6", f"{subnet.v6}::/64"),
            # Docker 20 calls rules for IPv6 an experiment
            *("--ip6tables", "--experimental", "--storage-driver", "overlay2"),
            *("--exec-opt", "native.cgroupdriver=cgroupfs"),
            *options,
        )
        self.start()
        root = pack_root(write_root(self._directory / "root"))
        name, _colon, tag = _IMAGE.partition(":")
        self.api.api.import_image_from_data(root, repository=name, tag=tag)

    def start(self) -> None:
        """Start the daemon and return when it answers."""
        self._child = Child(self._room, self._directory / "log", *self._words, variables=self._variables)
        self._child.wait_until(self._is_ready, "ready")
        self.api = docker.DockerClient(base_url=f"unix://{self._socket}")

    def _is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as link, contextlib.suppress(OSError):
            link.connect(str(self._socket))
            return True
        return False

    def serve(
        self, name: str, program: tuple[list[str], Path], ports: Mapping[int, int], network: str = "bridge"
    ) -> None:
        """Start a container; `program` is its command line and files, `ports` {of the host: its own}."""
        words, site = program
        self.api.containers.run(
            _IMAGE,
            words,
            name=name,
            detach=True,
            ports={f"{inner}/tcp": outer for outer, inner in ports.items()},
            volumes={
                **{path: {"bind": path, "mode": "ro"} for path in MOUNTS},
                str(site): {"bind": str(site), "mode": "rw"},
            },
            network=network,
            # after a restart of the daemon too
            restart_policy={"Name": "always"},
        )

    def find_pid(self, name: str) -> int:
        """Return the number of a container's first process."""
        return int(self.api.containers.get(name).attrs["State"]["Pid"])

    def find_address(self, name: str) -> str:
        """Return the IPv4 address of a container."""
        (network,) = self.api.containers.get(name).attrs["NetworkSettings"]["Networks"].values()
        return str(network["IPAddress"])

    def make_network(self, name: str, subnet: Subnet) -> None:
        """Make a network that has IPv4 only."""
        pool = docker.types.IPAMPool(subnet=f"{subnet.v4}.0/24", gateway=f"{subnet.v4}.1")
        self.api.networks.create(name, ipam=docker.types.IPAMConfig(pool_configs=[pool]))

    def restart_container(self, name: str) -> None:
        """Stop and start a container."""
        self.api.containers.get(name).restart(timeout=0)

    def stop_container(self, name: str) -> None:
        """Stop a container."""
        self.api.containers.get(name).stop(timeout=0)

    def start_container(self, name: str) -> None:
        """Start a container that was stopped."""
        self.api.containers.get(name).start()

    def restart(self) -> None:
        """Stop and start the daemon; its containers are back when this returns."""
        running = len(self.api.containers.list())
        self._end()
        self.start()
        wait_until(lambda: len(self.api.containers.list()) == running, "a container did not come back")

    def stop(self) -> None:
        """Remove all containers and end the daemon."""
        with contextlib.suppress(docker.errors.DockerException):
            for container in self.api.containers.list(all=True):
                container.remove(force=True)
        # it tidies up for seconds what ends with the room; its containerd dies with it
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._child.pid, signal.SIGKILL)
        self._end()

    def _end(self) -> None:
        self.api.close()
        self._child.stop()
