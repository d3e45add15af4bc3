"""Fixtures of every test: own network namespaces, and a guard that keeps tests off the host."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
if str(REPOSITORY) not in sys.path:
    sys.path.insert(0, str(REPOSITORY))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that needs root is skipped, with the reason, where there is none; CI is root."""
    reason = None
    if os.geteuid() != 0:
        reason = "needs root"
    elif shutil.which("ip") is None:
        reason = "needs iproute2"
    if reason is None:
        return
    for item in items:
        if {"root", "systemd", "matrix"} & {mark.name for mark in item.iter_markers()}:
            item.add_marker(pytest.mark.skip(reason=reason))


class Namespace:
    """A network namespace with loopback up; every command in it goes through `run`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def command(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *words]

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, timeout=60)
        if check and done.returncode:
            raise AssertionError(f"{words}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def popen(self, *words: str, **keywords: object) -> subprocess.Popen[str]:
        return subprocess.Popen(self.command(*words), text=True, **keywords)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def netns() -> Iterator[Callable[[], Namespace]]:
    """Makes namespaces of this test, and deletes them after it."""
    made: list[str] = []

    def make() -> Namespace:
        name = f"f2bt-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        subprocess.run(["ip", "netns", "add", name], check=True)
        made.append(name)
        namespace = Namespace(name)
        namespace.run("ip", "link", "set", "lo", "up")
        return namespace

    yield make
    for name in made:
        subprocess.run(["ip", "netns", "del", name], check=False)


@pytest.fixture
def link(netns: Callable[[], Namespace]) -> tuple[Namespace, Namespace]:
    """(server, client) joined by a veth pair: server 192.0.2.1 and 2001:db8:0:1::1; every address of
    198.51.100.0/24, 203.0.113.0/24 and 2001:db8:c::/48 is the client's own (AnyIP)."""
    server, client = netns(), netns()
    subprocess.run(
        ["ip", "link", "add", "veth0", "netns", server.name, "type", "veth",
         "peer", "name", "veth1", "netns", client.name],
        check=True,
    )  # fmt: skip
    for words in (
        "ip addr add 192.0.2.1/24 dev veth0",
        "ip -6 addr add 2001:db8:0:1::1/64 dev veth0 nodad",
        "ip link set veth0 up",
    ):
        server.run(*words.split())
    for words in (
        "ip addr add 192.0.2.254/24 dev veth1",
        "ip -6 addr add 2001:db8:0:1::254/64 dev veth1 nodad",
        "ip link set veth1 up",
        "ip route add local 198.51.100.0/24 dev lo",
        "ip route add local 203.0.113.0/24 dev lo",
        "ip -6 route add local 2001:db8:c::/48 dev lo",
    ):
        client.run(*words.split())
    for words in (
        "ip route add 198.51.100.0/24 via 192.0.2.254",
        "ip route add 203.0.113.0/24 via 192.0.2.254",
        "ip -6 route add 2001:db8:c::/48 via 2001:db8:0:1::254",
    ):
        server.run(*words.split())
    return server, client
