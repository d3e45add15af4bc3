"""Where the DROP rule stands: what jails want, and a change while bans stand and packets flow."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import SERVERS, Namespace, link_namespaces
from ideolab_f2b.actions.rule_hook import RuleHook
from ideolab_f2b.firewall.position import FORWARD_SPEC, OLD_SPEC, SPEC
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.actions.conftest import Probe, bind_any
from tests.bans.conftest import quick
from tests.lab.guest import ADDRESSES, join_guest, publish

BANNED, OTHER = "198.51.100.7", "198.51.100.8"
BANNED6, OTHER6 = "2001:db8:c::7", "2001:db8:c::8"
JAILS = """\
[one]
enabled = true
backend = polling
filter = ideolab-manual
logpath = {directory}/one.log
action = ideolab-ban.py[{one}]
[two]
enabled = true
backend = polling
filter = ideolab-manual
logpath = {directory}/one.log
action = ideolab-ban.py[{two}]
"""
PROGRAMS = ("iptables", "ip6tables")


def test_one_hook_for_all_jails() -> None:
    """Another than the default only where all want it; an action that stops has no say any more."""
    hook = RuleHook()
    assert (hook.choose(), hook.describe_dispute()) == ("prerouting", "")
    hook.want("a", "one", "input")
    assert (hook.choose(), hook.describe_dispute()) == ("input", "")
    hook.want("b", "two", "prerouting")
    assert hook.choose() == "prerouting"
    assert hook.describe_dispute() == (
        "jails want different hooks, and the DROP rule is one for all: prerouting is used as two wants; "
        "hook = input has no effect in one"
    )
    hook.release("b")
    hook.release("nobody")
    assert (hook.choose(), hook.describe_dispute()) == ("input", "")
    hook.want("a", "one", "prerouting")
    assert hook.choose() == "prerouting"


class Stage:
    """A server with a guest behind it: port 8443 is the guest's 443, 9999 (UDP) is the server's own."""

    def __init__(self, server: Namespace, client: Namespace, guest: Namespace, directory: Path) -> None:
        self.server, self.client, self.guest, self.directory = server, client, guest, directory
        self.probe = Probe(server, client)
        self.open = contextlib.ExitStack()
        self.open.callback(self.probe.close)
        (directory / "one.log").touch()
        self.fail2ban = Fail2ban(
            server, directory / "server", variables=quick(directory), names=("one", "two")
        )
        self.listeners: dict[int, socket.socket] = {}
        for family in ADDRESSES:
            with guest.enter():
                listener = self.open.enter_context(socket.create_server(("", 443), family=family))
            listener.listen(64)
            self.listeners[family] = listener

    def start(self) -> None:
        self.fail2ban.start()
        self.fail2ban.wait_for_rules("one", "two")

    def configure(self, one: str = "", two: str = "") -> None:
        self.fail2ban.configure(JAILS.format(directory=self.directory, one=one, two=two))

    def reaches_guest(self, source: str, wait_s: float = 5.0) -> bool:
        """Whether the published port answers."""
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with self.client.enter(), socket.socket(family, socket.SOCK_STREAM) as sender:
            bind_any(sender, source)
            sender.settimeout(wait_s)
            try:
                sender.connect((SERVERS[family], 8443))
            except (socket.timeout, ConnectionError):
                return False
            return True

    def connect_to_guest(self, source: str) -> tuple[socket.socket, socket.socket]:
        """An open connection to the published port: the client's end, the guest's."""
        family = socket.AF_INET6 if ":" in source else socket.AF_INET
        with self.client.enter():
            sender = self.open.enter_context(socket.socket(family, socket.SOCK_STREAM))
        bind_any(sender, source)
        sender.connect((SERVERS[family], 8443))
        return sender, self.open.enter_context(self.listeners[family].accept()[0])

    def is_answered(self, address: str) -> bool:
        """Whether the guest gets an answer of what it asks of the client."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with self.client.enter():
            listener = self.open.enter_context(socket.socket(family, socket.SOCK_STREAM))
        bind_any(listener, address)
        listener.listen(8)
        with self.guest.enter(), socket.socket(family, socket.SOCK_STREAM) as asked:
            asked.settimeout(0.5)
            return asked.connect_ex(listener.getsockname()[:2]) == 0

    def rules(self, chain: str, table: str = "filter", program: str = "iptables") -> list[str]:
        """What begins with our words in a chain."""
        lines = self.server.run(program, "-t", table, "-S", chain).splitlines()
        return [line.split(" ", 2)[2] for line in lines if "ideolab_ban " in line]

    def is_raw(self) -> bool:
        """Whether the rule of both families is in raw, and nowhere else."""
        return all(
            self.rules("PREROUTING", "raw", program) == [SPEC]
            and not any(self.rules(chain, "filter", program) for chain in ("INPUT", "FORWARD", "DOCKER-USER"))
            for program in PROGRAMS
        )

    def is_filter(self) -> bool:
        """Whether the rule of both families is in the chains behind routing, and nowhere else."""
        return all(
            self.rules("PREROUTING", "raw", program) == []
            and self.rules("INPUT", "filter", program) == [SPEC]
            and self.rules("FORWARD", "filter", program) == [FORWARD_SPEC]
            and self.rules("DOCKER-USER", "filter", program) == [FORWARD_SPEC]
            for program in PROGRAMS
        )


def sends(sender: socket.socket, receiver: socket.socket, wait_s: float) -> bool:
    """Whether what is sent arrives."""
    receiver.settimeout(wait_s)
    sender.sendall(b"x")
    try:
        return receiver.recv(1) == b"x"
    except socket.timeout:
        return False


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    (tmp_path / "server").mkdir()
    with link_namespaces("f2bhook") as (server, client), join_guest(server) as guest:
        for program in PROGRAMS:
            server.run(program, "-N", "DOCKER-USER")
            server.run(program, "-A", "FORWARD", "-j", "DOCKER-USER")
        publish(server, 8443, 443)
        client.run("ip", "route", "add", "10.77.0.0/24", "via", SERVERS[socket.AF_INET])
        client.run("ip", "-6", "route", "add", "2001:db8:77::/64", "via", SERVERS[socket.AF_INET6])
        made = Stage(server, client, guest, tmp_path)
        try:
            yield made
        finally:
            made.fail2ban.stop()
            made.open.close()


def place_old_rules(server: Namespace) -> None:
    """The sets and rules of an earlier version, in both variants of iptables; a jail with some ports too."""
    with server.enter(), contextlib.closing(Sets()) as sets:
        for name in ("ideolab_ban", "ideolab_ban_port"):
            sets.create_list(name)
        for name, list_name in (("one", "ideolab_ban"), ("two", "ideolab_ban_port")):
            for end, family in (("", "inet"), ("6", "inet6")):
                sets.create(name + end, family, 131072)
                sets.link(list_name, name + end)
    server.run("ipset", "add", "one", BANNED, "timeout", "600")
    for program, end in (("iptables", ""), ("ip6tables", "6")):
        for variant in ("-nft", "-legacy"):
            lines = [
                "*filter", ":DOCKER-USER - [0:0]", ":ideolab-port - [0:0]", f"-I INPUT 1 {OLD_SPEC}",
                f"-I DOCKER-USER 1 {OLD_SPEC}",
                f"-A ideolab-port -p udp -m multiport --dports 9999 -m set --match-set two{end} src -j DROP",
                "-I INPUT 2 -m set --match-set ideolab_ban_port src -j ideolab-port", "COMMIT",
            ]  # fmt: skip
            text = "\n".join(lines)
            server.run("sh", "-c", f"printf '{text}\n' | {program}{variant}-restore --noflush")


@pytest.mark.root
def test_upgrade_has_no_unprotected_moment(stage: Stage) -> None:
    """Rules of the version before, in both variants: a banned address sends all the time, none arrives."""
    place_old_rules(stage.server)
    stage.configure(two="scope=port,port=9999,protocol=udp")
    with stage.probe.streaming(BANNED) as arrived:
        stage.start()
        stage.fail2ban.ask("set", "one", "banip", BANNED, BANNED6)
        stage.fail2ban.ask("set", "two", "banip", "203.0.113.7")
        stage.fail2ban.wait_until(stage.is_raw, "the rule in raw alone")

        def has_old_rules() -> bool:
            programs = [f"{name}-{variant}" for name in PROGRAMS for variant in ("nft", "legacy")]
            return any("ideolab" in stage.server.run(program, "-S") for program in programs)

        stage.fail2ban.wait_until(lambda: not has_old_rules(), "the end of the old rules")
    assert arrived == []
    assert not stage.reaches_guest(BANNED, 0.3)
    assert not stage.reaches_guest(BANNED6, 0.3)
    assert not stage.probe.reaches("203.0.113.7")
    assert all(map(stage.reaches_guest, (OTHER, OTHER6)))
    assert "gone from iptables-legacy INPUT" in stage.fail2ban.log.read_text()
    # both variants and families: two rules and a chain of ports
    assert stage.fail2ban.read_stats("one")["keeper"]["old_rules"] == 2 * (2 * 2 + 1)
    assert stage.fail2ban.read_stats("one")["keeper"]["repairs"].get("ideolab_ban", 0) == 0


@pytest.mark.root
def test_established_flow_to_a_guest(stage: Stage) -> None:
    """It ends with the ban, in both families; that of another client goes on."""
    stage.configure()
    stage.start()
    flows = {source: stage.connect_to_guest(source) for source in (BANNED, BANNED6, OTHER, OTHER6)}
    assert all(sends(*flow, 5) for flow in flows.values())
    stage.fail2ban.ask("set", "one", "banip", BANNED, BANNED6)
    assert [source for source, flow in flows.items() if sends(*flow, 0.5)] == [OTHER, OTHER6]


@pytest.mark.root
def test_option_moves_the_rule(stage: Stage) -> None:
    """A router's choice: its guests are served by whom this host bans; over a reload, and back."""
    stage.configure("hook=input", "hook=input")
    stage.start()
    stage.fail2ban.ask("set", "one", "banip", BANNED, BANNED6)
    stage.fail2ban.wait_until(stage.is_filter, "the rules of the filter table")
    assert not stage.reaches_guest(BANNED, 0.3)
    assert not stage.reaches_guest(BANNED6, 0.3)
    assert all(map(stage.reaches_guest, (OTHER, OTHER6)))
    assert all(map(stage.is_answered, (BANNED, BANNED6)))

    for options, is_there in (("", stage.is_raw), ("hook=input", stage.is_filter)):
        stage.configure(options, options)
        with stage.probe.streaming(BANNED) as arrived:
            stage.fail2ban.reload()
            stage.fail2ban.wait_until(is_there, f"the rules for {options!r}")
        assert arrived == []
        assert not stage.reaches_guest(BANNED, 0.3)
        assert stage.is_answered(BANNED) is bool(options)
    assert stage.fail2ban.read_stats("two")["hook"] == "input"

    stage.configure("hook=input", "hook=forward")
    stage.fail2ban.reload()
    stage.fail2ban.wait_until(stage.is_raw, "the default")
    stage.fail2ban.wait_for_log("option hook = 'forward': prerouting or input is needed; 'prerouting'")
    stage.fail2ban.wait_for_log("jails want different hooks.*hook = input has no effect in one")


@pytest.mark.root
def test_kernel_without_raw(stage: Stage, tmp_path: Path) -> None:
    """The filter table takes the rule, the log says why; when the table comes, the rule moves there."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (tmp_path / "said").write_text("iptables: can't initialize iptables table `raw': Table does not exist\n")
    for name in ("iptables", "iptables-restore"):
        (programs / name).write_text(
            f"#!/bin/sh\ncd {tmp_path}\n"
            'case "$*" in *"-t raw"*) [ -e raw ] || { cat said >&2; exit 3; }; esac\n'
            f'exec /usr/sbin/{name} "$@"\n'
        )
        (programs / name).chmod(0o755)
    for name in ("ip6tables", "ip6tables-restore"):
        (programs / name).symlink_to(f"/usr/sbin/{name}")
    stage.fail2ban.variables["PATH"] = f"{programs}:/usr/bin:/bin"
    stage.configure(two="scope=port,port=9999,protocol=udp")
    stage.start()
    stage.fail2ban.ask("set", "one", "banip", BANNED, BANNED6)

    assert stage.rules("INPUT") == [SPEC]
    assert stage.rules("FORWARD") == stage.rules("DOCKER-USER") == [FORWARD_SPEC]
    # each family for itself
    assert stage.rules("PREROUTING", "raw", "ip6tables") == [SPEC]
    assert not any(stage.reaches_guest(address, 0.3) for address in (BANNED, BANNED6))
    stage.fail2ban.wait_for_log("`raw': Table does not exist; the rule for ideolab_ban stands in INPUT, ")
    assert stage.fail2ban.read_stats("one")["rules"] == {"inet": "in place", "inet6": "in place"}

    (tmp_path / "raw").touch()
    with stage.probe.streaming(BANNED) as arrived:
        stage.fail2ban.wait_until(stage.is_raw, "the rule in raw")
    assert arrived == []


@pytest.mark.root
@pytest.mark.parametrize("hook", ["prerouting", "input"])
def test_ports_are_those_that_the_client_asks_for(stage: Stage, hook: str) -> None:
    """A published port and a REDIRECT count before they are changed, with either hook for a guest's."""
    for program in PROGRAMS:
        redirect = "-t nat -A PREROUTING -p udp --dport 53 -j REDIRECT --to-ports 9999"
        stage.server.run(program, *redirect.split())
    stage.configure(*[f'scope=port,port="8443,53",protocol="tcp,udp",hook={hook}'] * 2)
    stage.start()
    stage.fail2ban.ask("set", "one", "banip", BANNED, BANNED6)

    assert not any(stage.reaches_guest(address, 0.3) for address in (BANNED, BANNED6))
    assert all(map(stage.reaches_guest, (OTHER, OTHER6)))
    for banned, other in ((BANNED, OTHER), (BANNED6, OTHER6)):
        assert stage.probe.reaches(other, 5, port=53)
        # INPUT sees a packet after the REDIRECT
        assert stage.probe.reaches(banned, port=53) is (hook == "input")
        assert stage.probe.reaches(banned, 5)
