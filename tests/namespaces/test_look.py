"""What is known of a namespace counts for that one only, and for one that its engine has made."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Iterator

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b.namespaces import look
from ideolab_f2b.namespaces.coverage import read_coverage
from ideolab_f2b.namespaces.enter import Home
from ideolab_f2b.namespaces.look import LOOKS_S, OLD_S, Looks
from ideolab_f2b.namespaces.walk import Walk, read_netns

NOBODY = ("setpriv", "--reuid", "65534", "--clear-groups")


class Inhabitants:
    """Processes in namespaces of their own, all of one container's cgroup."""

    def __init__(self, setting: str) -> None:
        self._programs: list[subprocess.Popen[bytes]] = []
        self.home = Home()
        walk = Walk(lambda: [each.pid for each in self._programs])
        self.now, self.spent_s, self.step_s = 0.0, 0.0, 0.0
        self.looks = Looks(read_coverage((setting,)), walk, self.home, lambda: self.now, spent=self._spend)

    def _spend(self) -> float:
        self.spent_s += self.step_s
        return self.spent_s

    def start(self, *words: str) -> int:
        """Start a process in a new namespace; return its number."""
        program = subprocess.Popen((*words, "sleep", "600"))
        self._programs.append(program)
        wait_until(lambda: read_netns(program.pid) not in (None, self.home.netns), "a namespace")
        return program.pid

    def stop(self) -> None:
        for each in self._programs:
            each.kill()
            each.wait()
        self.home.close()


@pytest.fixture
def inhabitants(monkeypatch: pytest.MonkeyPatch) -> Iterator[Inhabitants]:
    """Those of a container that the setting names."""
    monkeypatch.setattr(look, "_read_cgroup", lambda _pid: "0::/lxc.payload.c1/user.slice")
    made = Inhabitants("lxc:c1")
    yield made
    made.stop()


@pytest.mark.root
def test_a_name_is_not_for_the_namespaces_of_a_container_s_users(inhabitants: Inhabitants) -> None:
    """An engine has made its own, with users of its own or without; any user there can make another one."""
    engines = [inhabitants.start("unshare", "-n"), inhabitants.start("unshare", "-Urn")]
    users = inhabitants.start(*NOBODY, "unshare", "-Urn")

    found = {each.pid: each.why_not for each in inhabitants.looks.take(every=True)}

    assert found == {
        **dict.fromkeys(engines, ""),
        users: "user 65534 has made it, not the container's engine",
    }
    assert {each.pid for each in inhabitants.looks.take()} == set(engines)


@pytest.mark.root
def test_a_user_s_own_container_that_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user in front of the name has made it; another user cannot make one of that name."""
    text = f"0::/user.slice/user-65534.slice/user@65534.service/user.slice/docker-{'a' * 64}.scope"
    monkeypatch.setattr(look, "_read_cgroup", lambda _pid: text)
    made = Inhabitants(f"user65534:docker:{'a' * 12}")
    try:
        own = made.start(*NOBODY, "unshare", "-Urn")
        other = made.start("setpriv", "--reuid", "65533", "--clear-groups", "unshare", "-Urn")

        assert [each.pid for each in made.looks.take()] == [own]
        assert {each.pid: each.why_not[:10] for each in made.looks.take(every=True)}[other] == "user 65533"
    finally:
        made.stop()


@pytest.mark.root
def test_another_namespace_with_the_same_numbers(inhabitants: Inhabitants) -> None:
    """Who is the last process of one, and leaves it, gets its inode for a new one within a second."""
    for _container in range(2):
        inhabitants.start("unshare", "-n")
    first, second = inhabitants.looks.take()
    inhabitants.looks.open(second).close()

    with pytest.raises(ProcessLookupError, match="is another one by now"):
        inhabitants.looks.open(dataclasses.replace(first, netns=second.netns, pid=second.pid))


@pytest.mark.root
def test_many_namespaces_keep_nobody_waiting(inhabitants: Inhabitants) -> None:
    """What a question leaves, the next ones look at; what is known stays known, and a list is whole."""
    for _container in range(3):
        inhabitants.start("unshare", "-n")
    inhabitants.step_s = LOOKS_S / 1.5

    assert [len(inhabitants.looks.take()) for _question in range(4)] == [1, 2, 3, 3]
    inhabitants.now += OLD_S
    assert len(inhabitants.looks.take()) == 3
    assert len(inhabitants.looks.take(every=True)) == 3
