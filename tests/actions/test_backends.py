"""A host that changes the backend, and one that has neither iptables nor ipset: seen from a banned client."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import BACKENDS, find_in_kernel
from ideolab_f2b.firewall.names import LISTS
from ideolab_f2b.kernel.ipset.error import SetMissingError
from tests.actions.conftest import PORT, Probe
from tests.bans.conftest import HIDDEN, quick

pytestmark = pytest.mark.root

BANNED, BANNED6, NETWORK, IN_NETWORK, OTHER = (
    "198.51.100.7", "2001:db8:c::7", "203.0.113.0/24", "203.0.113.9", "198.51.100.8",
)  # fmt: skip
JAILS = """\
[one]
enabled = true
backend = polling
filter = ideolab-manual
logpath = {directory}/one.log
action = ideolab-ban.py[state={directory}, backend={backend}]
[two]
enabled = true
backend = polling
filter = ideolab-manual
logpath = {directory}/one.log
action = ideolab-ban.py[state={directory}, backend={backend}, scope=port, port={port}, protocol=udp]
"""
#: a mount namespace in which none of the programs is there
BARE = (
    "unshare", "--mount", "--propagation", "private", "sh", "-ec",
    "for program in iptables ip6tables ipset iptables-restore ip6tables-restore iptables-nft ip6tables-nft"
    " iptables-legacy ip6tables-legacy; do for place in /usr/sbin /sbin /usr/bin; do"
    ' if [ -e "$place/$program" ]; then mount --bind /dev/null "$place/$program"; fi; done; done; exec "$@"',
    "bare",
)  # fmt: skip


class Stage:
    """A server in a namespace, whose reconcile thread passes twice a second, and a client."""

    def __init__(self, server: Namespace, client: Namespace, directory: Path) -> None:
        self.namespace, self._directory = server, directory
        self.probe = Probe(server, client)
        (directory / "one.log").touch()
        self.fail2ban = Fail2ban(server, directory, names=("one", "two"), variables=quick(directory))

    def configure(self, backend: str) -> None:
        self.fail2ban.configure(JAILS.format(directory=self._directory, backend=backend, port=PORT))

    def start(self) -> None:
        self.fail2ban.start()
        self.fail2ban.wait_for_rules("one", "two")

    def ban(self) -> None:
        self.fail2ban.ask("set", "one", "banip", BANNED, BANNED6, NETWORK)
        self.fail2ban.ask("set", "two", "banip", "198.51.100.99")
        self.fail2ban.wait_until(lambda: not any(map(self.reaches, self.banned)), "the bans")

    banned = (BANNED, BANNED6, IN_NETWORK, "198.51.100.99")

    def reaches(self, source: str) -> bool:
        return self.probe.reaches(source, 0.2)

    def held(self) -> dict[str, dict[str, list[str]]]:
        """{backend: {set: its elements}} of what the kernel has."""
        found: dict[str, dict[str, list[str]]] = {}
        with self.namespace.enter():
            for backend in find_in_kernel():
                with contextlib.closing(backend.open()) as kernel:
                    # what the server takes away at this moment is no more there
                    members = [name for each in LISTS for name in orphans.members(kernel, each)]
                    with contextlib.suppress(SetMissingError):
                        found[backend.name] = {
                            name: sorted(str(each.network) for each in kernel.elements(name))
                            for name in members
                        }
        return found


HELD = {
    "one": ["198.51.100.7/32", "203.0.113.0/24"], "one6": ["2001:db8:c::7/128"],
    "two": ["198.51.100.99/32"], "two6": [],
}  # fmt: skip


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with link_namespaces("f2bback") as (server, client):
        made = Stage(server, client, tmp_path)
        try:
            yield made
        finally:
            made.fail2ban.stop()
            made.probe.close()
            with server.enter():
                BACKENDS["nft"].release()


@pytest.mark.parametrize(("before", "after"), [("ipset", "nft"), ("nft", "ipset")])
@pytest.mark.parametrize("way", ["reload", "restart"])
def test_change_has_no_unprotected_moment(stage: Stage, before: str, after: str, way: str) -> None:
    """A banned address sends each 2 ms while all bans move: none arrives; nothing is left behind."""
    stage.configure(before)
    stage.start()
    stage.ban()
    assert stage.held() == {before: HELD}

    stage.configure(after)
    with stage.probe.streaming(BANNED) as arrived:
        if way == "reload":
            stage.fail2ban.reload()
        else:
            stage.fail2ban.restart()
            stage.fail2ban.wait_for_rules("one", "two")
            stage.fail2ban.wait_for_restored("one", 3)
        stage.fail2ban.wait_until(lambda: stage.held() == {after: HELD}, "the end of the old backend")
    assert arrived == []
    assert [source for source in (*stage.banned, OTHER) if stage.reaches(source)] == [OTHER]
    assert stage.fail2ban.read_stats("one")["backend"] == after
    stage.fail2ban.ask("set", "one", "unbanip", BANNED, NETWORK)
    assert stage.reaches(BANNED)
    assert stage.reaches(IN_NETWORK)
    assert " ERROR " not in stage.fail2ban.log.read_text()


def test_host_without_programs(stage: Stage, tmp_path: Path) -> None:
    """It starts, bans, restarts, unbans, and `check` sees nothing wrong with rules and sets."""
    stage.fail2ban.wrapper = BARE
    stage.configure("auto")
    stage.start()
    stage.ban()
    assert stage.held() == {"nft": HELD}
    with stage.probe.streaming(BANNED) as arrived:
        stage.fail2ban.restart()
        stage.fail2ban.wait_for_rules("one", "two")
        stage.fail2ban.wait_for_restored("one", 3)
    assert arrived == []
    assert check(stage, tmp_path) == {"backend": "ok", "set": "ok", "rule": "ok", "drift": "ok"}

    stage.fail2ban.ask("set", "one", "unbanip", BANNED)
    assert stage.reaches(BANNED)
    assert not stage.reaches(BANNED6)


def check(stage: Stage, directory: Path) -> dict[str, str]:
    """The worst state of each of the checks of the kernel, as the host's administrator sees them."""
    client = directory / "bin" / "fail2ban-client"
    client.parent.mkdir()
    words = " ".join(stage.fail2ban.client_command())
    client.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
    client.chmod(0o755)
    done = subprocess.run(
        stage.namespace.command(
            *BARE, *HIDDEN, sys.executable, "-m", "ideolab_f2b", "check", "--json",
        ),
        capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY,
        env={**os.environ, "PATH": f"{client.parent}:{os.environ['PATH']}"},
    )  # fmt: skip
    states: dict[str, str] = {}
    for line in done.stdout.splitlines():
        told = json.loads(line)
        kind = told["check"].split()[0]
        if kind in ("backend", "set", "rule", "drift"):
            state = "ok" if told["state"] == "ok" else f"{told['state']}: {told['text']}"
            states[kind] = states.get(kind, "ok") if state == "ok" else state
    return states


def test_table_that_another_server_owns(tmp_path: Path) -> None:
    """A server that finds another's table has it once that one ends, with all bans made meanwhile."""
    with link_namespaces("f2bown") as (server, _client):
        made = []
        for name in ("first", "second"):
            directory = tmp_path / name
            directory.mkdir()
            (directory / "one.log").touch()
            one = Fail2ban(server, directory, names=("one",), variables=quick(directory))
            one.configure(JAILS.partition("[two]")[0].format(directory=directory, backend="nft"))
            made.append(one)
        first, second = made
        try:
            first.start()
            first.wait_for_rules("one")
            second.start()
            second.ask("set", "one", "banip", BANNED)
            second.wait_for_log("another process .* owns table inet ideolab")
            first.stop()
            second.wait_for_rules("one")
            with server.enter(), contextlib.closing(BACKENDS["nft"].open()) as kernel:
                second.wait_until(
                    lambda: BANNED in [str(each.network.network_address) for each in kernel.elements("one")],
                    "the ban",
                )
        finally:
            for one in made:
                one.stop()
            with server.enter():
                BACKENDS["nft"].release()
