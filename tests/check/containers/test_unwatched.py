"""Namespaces that the opener does not hand out, found by a process of its own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest

from demo.lab.child import Child
from ideolab_f2b.check.containers import unwatched
from ideolab_f2b.check.containers.unwatched import Found, Unwatched
from tests.kernel.scene import as_nobody
from tests.lab.containers import ContainerLab, build_lab

_SERVE = (
    "import socket, time; s = socket.create_server(('', 443)); print('ready', flush=True); time.sleep(600)"
)


def find(lab: ContainerLab, *handed_out: int) -> list[Unwatched]:
    with lab.host.enter():
        found = unwatched.find([443], handed_out, lambda: lab.pids)
    # whether that was all depends on the processes that this machine shows
    assert not found.denied
    return sorted(found.namespaces, key=lambda one: one.name)


@pytest.mark.root
def test_namespaces_with_reasons(tmp_path: Path) -> None:
    """Listeners, other ports, another gateway, a user namespace of its own."""
    with build_lab("f2bunw", tmp_path) as lab:
        first, second, third = lab.container(2, 443), lab.container(3, 80), lab.container(4, 443)
        third.namespace.run("sh", "-c", "ip route del default; ip -6 route del default")
        words = ("unshare", "--user", "--map-root-user", "--net", "sh", "-c")
        output = tmp_path / "user"
        serve = f'ip link set lo up; exec "{sys.executable}" -c "{_SERVE}"'
        with_user = Child(lab.host, output, *words, serve)
        with_user.wait_until(lambda: output.read_text() == "ready\n", "ready")
        lab.tell(with_user.pid)
        try:
            found = find(lab)
            without_first = find(lab, first.netns)
            numbers = [one.netns for one in (first, second, third)]
        finally:
            with_user.stop()

    told = {one.netns: (sorted(one.ports), one.why) for one in found}
    assert told[numbers[0]] == ([443], "")
    assert told[numbers[1]] == ([], "")
    assert told[numbers[2]] == ([443], "it does not route through this host")
    (user,) = [one for one in found if one.netns not in numbers]
    assert user.ports == {443}
    assert "user namespace" in user.why
    assert bytes((10, 77, 0, 2)) in next(one.own for one in found if one.netns == numbers[0])
    assert numbers[0] not in {one.netns for one in without_first}


@pytest.mark.root
def test_without_privilege() -> None:
    """Nothing is entered, and nothing is taken for seen."""
    assert as_nobody(lambda: unwatched.find([443], ())) == repr(Found((), is_whole=False))


@pytest.mark.root
def test_a_search_that_takes_too_long() -> None:
    """It is ended, and what was not seen is not taken for nothing."""

    def wait_long() -> list[int]:
        time.sleep(60)
        return []

    started = time.monotonic()
    assert unwatched.find([443], (), wait_long, patience_s=0.2) == Found((), is_whole=False)
    assert time.monotonic() - started < 30


@pytest.mark.root
def test_a_search_that_fails() -> None:
    """Its error is no answer either."""

    def fail() -> list[int]:
        raise OSError("no /proc")

    assert unwatched.find([443], (), fail) == Found((), is_whole=False)


def test_a_container_sees_its_own_processes(tmp_path: Path) -> None:
    """Unless its PID 1 starts services: then it is a machine of its own."""
    (tmp_path / "self" / "ns").mkdir(parents=True)
    (tmp_path / "self" / "ns" / "pid").touch()
    (tmp_path / "1").mkdir()
    for name, sees in (("f2b-entrypoint", False), ("systemd", True)):
        (tmp_path / "1" / "comm").write_text(f"{name}\n")
        assert unwatched._sees_processes(tmp_path) is sees
    assert unwatched._sees_processes(tmp_path / "nowhere") is False


def test_a_line() -> None:
    """As the process writes it."""
    line = json.dumps(["docker:0225320b4597", 7, [443], ["0a4d0002"], ""]).encode()
    own = frozenset({bytes((10, 77, 0, 2))})
    assert unwatched._parse(line) == Unwatched("docker:0225320b4597", 7, frozenset({443}), own, "")
