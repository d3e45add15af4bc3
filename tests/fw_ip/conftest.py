"""The helper as a module, as a program in a namespace, and a real fail2ban behind it."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.firewall.backend import BACKENDS, KernelSets

PROGRAM = Path(__file__).resolve().parents[2] / "scripts" / "ideolab-fw-ip"
JAILS = """
[DEFAULT]
ignoreip = 203.0.113.7
[ideolab-manual]
enabled = true
action = ideolab-ban.py[set=ideolab_manual, backend={backend}, allow_file={directory}/never-ban,
                        state={directory}]
[ideolab-connmon]
enabled = true
action = ideolab-ban.py[set=ideolab_connmon, backend={backend}, state={directory}]
[sshd]
enabled = true
backend = polling
filter = ideolab-traship
logpath = {directory}/auth.log
action =
"""


#: for tests that run on both backends
BOTH = pytest.mark.parametrize("host", ["ipset", "nft"], indirect=True, scope="module")


@pytest.fixture(scope="session")
def program() -> ModuleType:
    """Its functions; nothing of it runs at the import."""
    loader = importlib.machinery.SourceFileLoader("ideolab_fw_ip", str(PROGRAM))
    spec = importlib.util.spec_from_loader("ideolab_fw_ip", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


class Done(NamedTuple):
    """What a run of the helper answered."""

    code: int
    lines: list[dict[str, Any]]
    stderr: str

    @property
    def results(self) -> list[tuple[str, str]]:
        """Return the address and the result of each line."""
        return [(line["address"], line["result"]) for line in self.lines]


class Host(NamedTuple):
    """A namespace with a fail2ban in it; `fw_ip` runs the helper there."""

    namespace: Namespace
    server: Fail2ban
    sets: KernelSets

    def fw_ip(
        self, *words: str, stdin: str | bytes = "", socket: str = "", sudo_uid: str | None = None
    ) -> Done:
        """Run the helper with these words, by sudo for a user; return code and lines."""
        path = socket or str(self.server.socket)
        done = subprocess.run(
            self.namespace.command(str(PROGRAM), "--socket", path, *words),
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            timeout=120,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"} | ({"SUDO_UID": sudo_uid} if sudo_uid else {}),
        )
        return Done(
            done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()
        )

    def elements(self, name: str = "ideolab_manual") -> dict[str, Any]:
        """{network: seconds left} of a kernel set."""
        return {str(each.network): each.timeout_s for each in self.sets.elements(name)}

    def delete(self, name: str, network: str) -> None:
        """Let the kernel lose an element; the server may own the table."""
        asked = json.dumps({"elements": [[name, network]]})
        self.server.ask("set", "ideolab-manual", "action", "ideolab-ban", "delete_elements", asked)

    def banned(self, jail: str = "ideolab-manual") -> list[str]:
        """Return the addresses of fail2ban's own list."""
        return self.server.find_banned(jail)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Host]:
    """One server for the tests of a module; each cleans up with `unban --all`. Some run on both backends."""
    backend = BACKENDS[getattr(request, "param", "ipset")]
    directory = tmp_path_factory.mktemp("f2b")
    with link_namespaces("f2bg") as (namespace, _client):
        (directory / "auth.log").touch()
        server = Fail2ban(namespace, directory, JAILS.format(directory=directory, backend=backend.name))
        with namespace.enter():
            sets = backend.open()
        try:
            server.start()
            server.wait_for_rules("ideolab-manual", "ideolab-connmon")
            yield Host(namespace, server, sets)
        finally:
            server.stop()
            sets.close()
            with namespace.enter():
                backend.release()


@pytest.fixture
def empty(host: Host) -> Iterator[Host]:
    """The same, with nothing banned before and after."""
    host.server.ask("unban", "--all")
    yield host
    host.server.ask("unban", "--all")
