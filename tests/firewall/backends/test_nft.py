"""What is told of the table, and what is put right when somebody changes it while nobody owns it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from demo.lab.namespace import Namespace
from ideolab_f2b.firewall.backends.nft import NftBackend
from ideolab_f2b.firewall.iptables import RuleError
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import PORT_LIST
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.kernel.nft import ruleset, table_socket
from ideolab_f2b.kernel.nft.names import TABLE
from tests.actions.conftest import Probe

pytestmark = pytest.mark.root
HOST, OTHER = ip_network("198.51.100.7"), ip_network("198.51.100.8")
NFT = NftBackend()


@pytest.fixture
def server(network: tuple[Namespace, Namespace], monkeypatch: pytest.MonkeyPatch) -> Iterator[Namespace]:
    """A namespace with the sets of two jails in a table that nobody owns, as on Linux before 6.9."""
    monkeypatch.setattr(table_socket, "OWNER", 0)
    monkeypatch.setattr(table_socket, "PERSIST", 0)
    with network[0].enter(), contextlib.closing(NFT.open()) as kernel:
        for name, list_name in (("jail_a", "ideolab_ban"), ("web", PORT_LIST)):
            sets = JailSets(kernel, name, 1000, list_name)
            sets.place()
            sets.add(HOST, 0)
        for version in (4, 6):
            NFT.place(version)
        NFT.put_ports(4, {"web": PortScope(("tcp",), (80, range(6000, 6011)))})
        yield network[0]
        table_socket.release()
    network[0].run("nft", "flush", "ruleset")


def copies() -> list[int]:
    return [NFT.look(version).positions[0].copies for version in (4, 6)]


@pytest.mark.parametrize(
    "change",
    [
        "flush chain inet ideolab bans",
        "flush chain inet ideolab bans; delete chain inet ideolab bans",
        "flush chain inet ideolab bans; delete chain inet ideolab bans; add chain inet ideolab bans "
        "{ type filter hook input priority 5; }",
        "add table inet ideolab { flags dormant; }",
        "flush chain inet ideolab bans; add rule inet ideolab bans meta nfproto ipv4 jump ideolab_ban",
        "delete table inet ideolab",
    ],
)
def test_what_others_change_is_put_right(server: Namespace, probe: Probe, change: str) -> None:
    """The look sees it, its trace has changed, and placing again is enough for the rule."""
    before = [NFT.read_trace(version) for version in (4, 6)]
    server.run("nft", change)

    assert copies() == [0, 0]
    assert [NFT.read_trace(version) for version in (4, 6)] != before
    for version in (4, 6):
        NFT.place(version)
    assert copies() == [1, 1]
    if "table" not in change:
        assert not probe.reaches(str(HOST[0]))
        assert probe.reaches(str(OTHER[0]), 5)


def test_what_others_accept_is_dropped(server: Namespace, probe: Probe) -> None:
    """An accept of another chain, before ours or behind it, ends nothing."""
    server.run(
        "sh", "-c",
        "printf 'table inet theirs {\\nchain a { type filter hook prerouting priority -400; accept\\n}\\n"
        "chain b { type filter hook input priority 0; accept\\n}\\n}\\n' | nft -f -",
    )  # fmt: skip
    assert not probe.reaches(str(HOST[0]))
    assert copies() == [1, 1]


def test_each_jail_has_its_drops(server: Namespace, probe: Probe) -> None:
    """The sets of both lists, those of networks with the addresses'."""
    assert not probe.reaches(str(HOST[0]))
    assert NFT.count_drops(4) == {"jail_a": 1, "web": 0}
    assert NFT.count_drops(6) == {"jail_a6": 0, "web6": 0}
    assert NFT.look(4).positions[0].drops == 1


def test_port_rules_are_shown(server: Namespace) -> None:
    """`nft list chain` has a line for each port, in words that people type."""
    shown = server.run("nft", "list", "chain", "inet", "ideolab", "ports/web").splitlines()[2:-2]
    assert [line.strip() for line in shown] == [
        'tcp dport 80 counter packets 0 bytes 0 drop comment "80/tcp"',
        'tcp dport 6000-6010 counter packets 0 bytes 0 drop comment "6000-6010/tcp"',
    ]
    jumps = server.run("nft", "list", "chain", "inet", "ideolab", "ideolab_ban_port")
    assert "ip saddr @_/web jump ports/web" in jumps
    with pytest.raises(RuleError, match="protocol 'nonsense' is unknown: name one that /etc/protocols has"):
        NFT.put_ports(4, {"web": PortScope(("nonsense",), (80,))})
    assert NFT.put_ports(4, {"web": PortScope(("esp",), (80,))}) == 1


def test_without_anything(lone: Namespace) -> None:
    """No table: nothing is there, nothing has to go, nothing is made by a question."""
    with lone.enter():
        assert not NFT.is_in_kernel()
        assert copies() == [0, 0]
        assert NFT.read_trace(4) == ()
        assert NFT.count_drops(4) == {}
        NFT.remove_all(4)
        NFT.drop_ports(4)
        assert not NFT.move_ports(4)
        assert list(NFT.find_old(4)) == []
        assert not NFT.is_in_kernel()
        table_socket.release()


def test_table_of_another_process(lone: Namespace) -> None:
    """The error is that of a rule, and says whose the table is."""
    with lone.enter():
        other = table_socket.TableSocket()
        other.claim()
        row = ruleset.find_table(other.channel, TABLE)
        if row is None or not row.is_owned:
            pytest.skip("this kernel has no owners")
        with pytest.raises(
            RuleError, match=r"another process .* owns table inet ideolab; that is fail2ban-server"
        ):
            NFT.place(4)
        other.channel.close()
        table_socket.release()
