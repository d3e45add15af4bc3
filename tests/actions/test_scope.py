"""Bans of a jail with scope=port, seen from the client: its ports are shut, SSH stays open."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import SERVERS, Namespace, link_namespaces
from ideolab_f2b.firewall.backend import BACKENDS
from tests.actions.conftest import PORT, Probe, bind_any
from tests.bans.conftest import quick

pytestmark = pytest.mark.root

FOUR, SIX = "198.51.100.7", "2001:db8:c::7"
BOTH = (FOUR, SIX)
JAILS = """\
[web]
enabled = true
backend = polling
filter = ideolab-manual
logpath = {directory}/web.log
action = ideolab-ban.py[port="80,{port}", protocol="tcp,udp", scope={scope}, backend={backend}]
[other]
enabled = {other}
backend = polling
filter = ideolab-manual
logpath = {directory}/web.log
action = ideolab-ban.py[port="8443", scope=port, backend={backend}]
"""


class Stage:
    """A server with a listener for SSH, and a client that can have any address."""

    def __init__(
        self, server: Namespace, client: Namespace, directory: Path, fail2ban: Fail2ban, backend: str
    ) -> None:
        self.namespace, self._client, self._directory, self.fail2ban = server, client, directory, fail2ban
        self.backend = BACKENDS[backend]
        self.probe = Probe(server, client)
        self._open = contextlib.ExitStack()
        self._open.callback(self.probe.close)
        for family, address in SERVERS.items():
            with server.enter():
                listener = self._open.enter_context(socket.socket(family, socket.SOCK_STREAM))
            listener.bind((address, 22))
            listener.listen(64)

    def close(self) -> None:
        self._open.close()

    def configure(self, scope: str = "port", other: str = "true") -> None:
        self.fail2ban.configure(
            JAILS.format(
                directory=self._directory, port=PORT, scope=scope, other=other, backend=self.backend.name
            )
        )

    def reaches_ssh(self, source: str, wait_s: float = 5.0) -> bool:
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with self._client.enter(), socket.socket(family, socket.SOCK_STREAM) as sender:
            bind_any(sender, source)
            sender.settimeout(wait_s)
            try:
                sender.connect((SERVERS[family], 22))
            except (socket.timeout, ConnectionError):
                return False
            return True

    def is_shut(self) -> bool:
        return not any(self.probe.reaches(source, 0.1) for source in BOTH)

    def members(self, list_name: str) -> list[str]:
        """The sets in a list."""
        with self.namespace.enter(), contextlib.closing(self.backend.open()) as sets:
            return sets.members(list_name)

    def chains(self) -> set[str]:
        """The targets of PREROUTING, of both families; nothing to see with nft, which has no list here."""
        if self.backend.name == "nft":
            return {"DROP", "ideolab-port"} if self.members("ideolab_ban_port") else {"DROP"}
        lines = [
            self.namespace.run(program, "-t", "raw", "-S", "PREROUTING")
            for program in ("iptables", "ip6tables")
        ]
        return {line.rpartition(" ")[2] for text in lines for line in text.splitlines()[1:]}


@pytest.fixture
def stage(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    with link_namespaces("f2bscope") as (server, client):
        (tmp_path / "web.log").touch()
        directory = tmp_path / "server"
        directory.mkdir()
        fail2ban = Fail2ban(server, directory, variables=quick(tmp_path, left_s=2))
        made = Stage(server, client, tmp_path, fail2ban, getattr(request, "param", "ipset"))
        try:
            made.configure()
            made.fail2ban.start()
            made.fail2ban.wait_for_rules("web", "other")
            yield made
        finally:
            made.fail2ban.stop()
            made.close()
            with server.enter():
                made.backend.release()


@pytest.mark.parametrize("stage", ["ipset", "nft"], indirect=True)
def test_ports_are_shut_and_ssh_is_open(stage: Stage) -> None:
    """Over both families; put back when something takes the rules; over a restart; until the unban."""
    assert not stage.is_shut()
    stage.fail2ban.ask("set", "web", "banip", *BOTH)
    assert stage.is_shut()
    assert all(map(stage.reaches_ssh, BOTH))
    assert json.loads(stage.fail2ban.ask("get", "web", "action", "ideolab-ban", "bans"))["ports"] == (
        f"80,{PORT}/tcp,udp"
    )

    for broken in (("-F", "ideolab-port"), ("-F",), ("-I", "PREROUTING", "-j", "ACCEPT")):
        # the table of nft is the server's alone
        for program in ("iptables", "ip6tables") if stage.backend.name == "ipset" else ():
            stage.namespace.run(program, "-t", "raw", *broken)
        stage.fail2ban.wait_until(stage.is_shut, f"the rules after {broken}")
        assert all(map(stage.reaches_ssh, BOTH))
    stage.fail2ban.restart()
    assert stage.is_shut()

    stage.fail2ban.wait_for_restored("web", len(BOTH))
    stage.fail2ban.ask("set", "web", "unbanip", *BOTH)
    assert not stage.is_shut()


@pytest.mark.parametrize("stage", ["ipset", "nft"], indirect=True)
def test_another_scope_and_no_jail(stage: Stage) -> None:
    """A reload moves the bans from one scope to the other; the last jail that goes takes its chain along."""
    stage.fail2ban.ask("set", "web", "banip", *BOTH)
    stage.configure(scope="all")
    stage.fail2ban.reload()
    stage.fail2ban.wait_until(lambda: not stage.reaches_ssh(FOUR, 0.3), "a ban of all ports")
    assert stage.is_shut()
    stage.configure(scope="port")
    stage.fail2ban.reload()
    stage.fail2ban.wait_until(lambda: stage.reaches_ssh(SIX, 0.3), "a ban of some ports")
    assert stage.is_shut()
    assert stage.chains() == {"DROP", "ideolab-port"}

    stage.configure(scope="all", other="false")
    stage.fail2ban.reload()
    stage.fail2ban.wait_until(lambda: stage.chains() == {"DROP"}, "the end of the chain")
    stage.fail2ban.wait_until(lambda: stage.members("ideolab_ban_port") == [], "the end of the set")
    assert stage.members("ideolab_ban") == ["web", "web6"]
