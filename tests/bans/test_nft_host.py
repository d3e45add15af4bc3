"""The verbs on a host that has its bans in nf_tables: fail2ban-server owns the table, they ask it."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b.firewall.backend import BACKENDS, find_in_kernel
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.install import unban_all
from ideolab_f2b.kernel.nft import table_socket
from ideolab_f2b.kernel.nft.message import delete_chain, delete_rules
from ideolab_f2b.kernel.nft.names import TABLE
from tests.bans.conftest import Host, seldom

pytestmark = pytest.mark.root
NFT = BACKENDS["nft"]
FORGOTTEN = "198.51.100.99"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    """A server that takes over a table with an element that it knows nothing of."""
    with link_namespaces(f"f2bn-{uuid.uuid4().hex[:4]}") as (namespace, _client):
        made = Host(namespace, tmp_path, seldom(tmp_path), "nft")
        with namespace.enter():
            with contextlib.closing(NFT.open()) as kernel:
                sets = JailSets(kernel, "ideolab_manual", 131072)
                sets.place()
                sets.add(ip_network(FORGOTTEN), 0)
            NFT.release()
        try:
            made.start()
            yield made
        finally:
            made.server.stop()
            with namespace.enter():
                NFT.release()


def elements(host: Host) -> list[str]:
    with host.namespace.enter(), contextlib.closing(NFT.open()) as kernel:
        return sorted(str(found.network) for found in kernel.elements("ideolab_manual"))


def test_ban_list_and_unban(host: Host) -> None:
    """Banned, listed as ok, lifted; an element that fail2ban has forgotten is deleted by the server."""
    done = host.run("ban", "198.51.100.7", "203.0.113.0/24", "--for", "1h", "--json")
    assert [json.loads(line)["result"] for line in done.stdout.splitlines()] == ["banned", "banned"]
    assert elements(host) == ["198.51.100.7/32", "198.51.100.99/32", "203.0.113.0/24"]

    seen = host.seen("--jail", "ideolab-manual")
    assert seen["jails"][0]["backend"] == "nft"
    assert {row["address"]: row["state"] for row in seen["bans"]} == {
        "198.51.100.7": "ok", "203.0.113.0/24": "ok", FORGOTTEN: "stale",
    }  # fmt: skip

    done = host.run("unban", "198.51.100.7", FORGOTTEN, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["result"] for line in done.stdout.splitlines()] == ["unbanned", "unbanned"]
    assert elements(host) == ["203.0.113.0/24"]
    assert host.run("unban", "--all", "--yes").returncode == 0
    assert elements(host) == []


def test_repair_without_a_server(host: Host) -> None:
    """The table has no owner then: its chain is put back, and the bans are listed."""
    host.server.stop()
    with host.namespace.enter():
        table_socket.share().claim()
        table_socket.share().commit([delete_rules(TABLE, "bans"), delete_chain(TABLE, "bans")], "bans")
        NFT.release()
        assert not NFT.look(4).positions[0].copies

    done = host.run("check", "--repair", "--json")

    told = {line["check"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert "put back: the rule of nft table inet ideolab (IPv4)" in told["repair"]["text"]
    assert told["rule nft table inet ideolab (IPv4) bans"]["state"] == "ok"
    with host.namespace.enter():
        assert all(NFT.look(version).positions[0].is_first for version in (4, 6))
    listed = json.loads(host.run("bans", "--json").stdout)
    assert [(row["address"], row["state"]) for row in listed["bans"]] == [(FORGOTTEN, "unwatched")]


def test_uninstall_can_remove_the_table(host: Host) -> None:
    """The server lets go of it when its last jail has stopped, and runs on."""
    said: list[str] = []
    for jail in ("ideolab-manual", "ideolab-connmon"):
        host.server.ask("stop", jail)
    with host.namespace.enter():
        unban_all.drop_rules(said.append)
        unban_all.drop_sets(said.append)
        assert find_in_kernel() == []
    assert host.server.is_running()
    assert said[0] == "removed  the rules that match ideolab_ban (nft)"
