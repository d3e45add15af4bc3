"""What every test stands on: an importable checkout, root where root is needed, an untouched host."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

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


def host_network() -> dict[str, list[str]]:
    """The interfaces and kernel sets of the namespace that the tests were started in."""
    from ideolab_f2b.kernel.ipset.sets import Sets
    from ideolab_f2b.kernel.netlink import KernelError

    try:
        sets = Sets()
        names = sorted(sets.names())
        sets.close()
    except KernelError:
        names = []
    return {"interfaces": [name for _index, name in socket.if_nameindex()], "sets": names}


@pytest.fixture(scope="session", autouse=True)
def untouched_host() -> Iterator[dict[str, list[str]]]:
    """No test adds an interface or a set outside of its own namespaces."""
    before = host_network()
    yield before
    assert host_network() == before
