"""A real fail2ban-server, and the fail2ban-client that `ideolab-f2b bans` finds in its PATH."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace, link_namespaces

JAILS = """\
[ideolab-manual]
enabled = true
[ideolab-connmon]
enabled = true
[other]
enabled = true
filter = ideolab-connmon[scope=ip]
logpath = {directory}/other.log
action =
"""
#: the constants of a server that is to be looked at more often
QUICK = """\
import ideolab_f2b.actions.reconcile.thread as reconcile
reconcile.EVERY_S, reconcile.HURRIED_S, reconcile.SETTLED_S = 0.5, 0.3, 0.5
import ideolab_f2b.actions.reconcile.left_sets as left_sets
left_sets.LEFT_S = {left_s}
"""


#: without the socket of a fail2ban that runs on this machine: the verbs would ask it first
HIDDEN = (
    "unshare", "--mount", "sh", "-c",
    "[ ! -d /run/fail2ban ] || mount -t tmpfs tmpfs /run/fail2ban; exec \"$@\"", "hidden",
)  # fmt: skip


#: a server that looks only when it is told to
SELDOM = "import ideolab_f2b.actions.reconcile.thread as reconcile\nreconcile.EVERY_S = 3600.0\n"


def seldom(directory: Path) -> dict[str, str]:
    """Return the variables of a server whose reconcile thread passes once an hour."""
    (directory / "sitecustomize.py").write_text(SELDOM)
    return {"PYTHONPATH": f"{directory}:{REPOSITORY}"}


def quick(directory: Path, left_s: float = 60) -> dict[str, str]:
    """Return the variables of a server whose reconcile thread passes twice a second."""
    (directory / "sitecustomize.py").write_text(QUICK.format(left_s=left_s))
    return {"PYTHONPATH": f"{directory}:{REPOSITORY}"}


class Host:
    """A namespace with a server, and the command line as its administrator has it."""

    def __init__(
        self, namespace: Namespace, directory: Path, variables: dict[str, str], backend: str = ""
    ) -> None:
        self.namespace, self.directory = namespace, directory
        served = directory / "server"
        served.mkdir()
        self.server = Fail2ban(namespace, served, JAILS.format(directory=served), variables=variables)
        if backend:
            jails = self.server.config / "jail.d" / "ideolab.conf"
            jails.write_text(
                jails.read_text().replace("ideolab-ban.py[", f"ideolab-ban.py[backend={backend}, ")
            )
        (served / "other.log").touch()
        (directory / "bin").mkdir()
        client = directory / "bin" / "fail2ban-client"
        command = shlex.join(self.server.client_command())
        client.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        client.chmod(0o755)
        (directory / "f2b.conf").write_text(f"[paths]\nstate_dir = {directory}\n")

    def start(self) -> None:
        self.server.start()
        self.server.wait_for_rules("ideolab-manual", "ideolab-connmon")

    def run(self, *words: str, program: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """`ideolab-f2b WORDS --config …` in the namespace; without it for the verb that does not take it."""
        settings = () if words[0] == "unban" else ("--config", str(self.directory / "f2b.conf"))
        command = (*HIDDEN, *program, sys.executable, "-m", "ideolab_f2b", *words, *settings)
        path = f"{self.directory}/bin:{os.environ['PATH']}"
        return subprocess.run(
            self.namespace.command(*command),
            capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(REPOSITORY)},
        )  # fmt: skip

    def seen(self, *words: str) -> dict[str, Any]:
        """What `bans --json` tells."""
        done = self.run("bans", "--json", *words)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def ban(self, jail: str, *addresses: str) -> None:
        self.server.ask("set", jail, "banip", *addresses)


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """Nothing is put back unasked, however long the test takes; the other times are those of a real host."""
    yield from _start(tmp_path, seldom(tmp_path))


@pytest.fixture
def real_host(tmp_path: Path) -> Iterator[Host]:
    """With the times of a real host: the reconcile thread looks for the first time after half a minute."""
    yield from _start(tmp_path, {})


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Host]:
    """With a reconcile thread that looks twice a second."""
    yield from _start(tmp_path, quick(tmp_path))


def _start(directory: Path, variables: dict[str, str]) -> Iterator[Host]:
    with link_namespaces(f"f2bc-{uuid.uuid4().hex[:4]}") as (namespace, _client):
        made = Host(namespace, directory, variables)
        try:
            made.start()
            yield made
        finally:
            made.server.stop()
