"""Who owns the table: this process, another one, nobody any more."""

from __future__ import annotations

import errno
import os
import subprocess
from ipaddress import ip_network

import pytest

from demo.lab.error import LabError
from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.nft import ruleset, table_socket
from ideolab_f2b.kernel.nft.error import TableOwnedError
from ideolab_f2b.kernel.nft.message import DORMANT, OWNER, PERSIST, add_table
from ideolab_f2b.kernel.nft.names import TABLE
from ideolab_f2b.kernel.nft.sets import NftSets

HOST = ip_network("198.51.100.7")
pytestmark = pytest.mark.root


def run_python(namespace: Namespace, program: str) -> str:
    """What a program of its own prints there."""
    start = "from ideolab_f2b.kernel.nft.sets import NftSets\nfrom ipaddress import ip_network\n"
    done = subprocess.run(
        namespace.command("/usr/bin/python3", "-c", start + program),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_foreign_flush(sets: NftSets, namespace: Namespace) -> None:
    """`nft flush ruleset`, the first line of Debian's nftables.conf, spares what the kernel lets us own."""
    sets.create("a_b", "inet")
    sets.add("a_b", HOST, 0)
    is_owned = "owner" in namespace.run("nft", "list", "table", "inet", "ideolab")

    namespace.run("nft", "flush", "ruleset")

    assert sets.names() == (["a_b"] if is_owned else [])
    if is_owned:
        with pytest.raises(LabError, match="Operation not permitted"):
            namespace.run("nft", "delete", "table", "inet", "ideolab")


def test_table_of_a_living_owner(sets: NftSets, namespace: Namespace) -> None:
    """Another process reads it; who writes is told whose it is."""
    sets.create("a_b", "inet")
    sets.add("a_b", HOST, 0)
    told = run_python(
        namespace,
        "sets = NftSets()\nprint([str(each.network) for each in sets.elements('a_b')])\n"
        "try: print(sets.delete('a_b', ip_network('198.51.100.7')))\n"
        "except Exception as error: print(type(error).__name__, error)",
    )

    first, second = told.splitlines()
    assert first == "['198.51.100.7/32']"
    if "flags owner" in namespace.run("nft", "list", "table", "inet", "ideolab"):
        assert second.startswith(
            'TableOwnedError look up 198.51.100.7/32 in set "a_b": another process (netlink port '
        )
        assert second.endswith("owns table inet ideolab; that is fail2ban-server: ask it (fail2ban-client, "
                               "ideolab-f2b ban), or stop it first")  # fmt: skip
    else:
        assert second == "True"


def test_orphan_is_taken_over(namespace: Namespace) -> None:
    """The next server has the bans of the one that ended, whoever it was, and owns them again."""
    run_python(
        namespace,
        "sets = NftSets()\nsets.create('a_b', 'inet')\nsets.add('a_b', ip_network('198.51.100.7'), 0)",
    )
    with namespace.enter():
        sets = NftSets()
        table = table_socket.share()
    row = ruleset.find_table(table.channel, TABLE)
    assert row is not None
    if not row.is_orphan:
        pytest.skip("this kernel has no owners")

    sets.create("a_b", "inet")

    row = ruleset.find_table(table.channel, TABLE)
    assert row is not None
    assert (row.is_owned, row.is_orphan, row.owner == table.channel.port) == (True, False, True)
    assert [each.network for each in sets.elements("a_b")] == [HOST]
    sets.destroy("a_b")
    sets.close()
    with namespace.enter():
        table_socket.release()


def test_orphan_that_nobody_owns_is_written(sets: NftSets, namespace: Namespace) -> None:
    """While fail2ban is down a command changes the table without taking it."""
    run_python(
        namespace,
        "sets = NftSets()\nsets.create('a_b', 'inet')\nsets.add('a_b', ip_network('198.51.100.7'), 0)",
    )

    assert run_python(namespace, "print(NftSets().delete('a_b', ip_network('198.51.100.7')))") == "True\n"


def test_owner_that_lives_on(namespace: Namespace) -> None:
    """A second server of the same host is refused, with the reason."""
    with namespace.enter():
        first, second = table_socket.TableSocket(), table_socket.TableSocket()
    first.claim()
    row = ruleset.find_table(second.channel, TABLE)
    if row is None or not row.is_owned:
        pytest.skip("this kernel has no owners")
    with pytest.raises(TableOwnedError, match="make table inet ideolab: another process") as caught:
        second.claim()
    assert caught.value.errno == errno.EPERM
    first.channel.close()
    while (row := ruleset.find_table(second.channel, TABLE)) is not None and row.is_owned:
        os.sched_yield()
    second.claim()
    second.channel.close()
    namespace.run("nft", "delete", "table", "inet", "ideolab")


def test_table_that_sleeps_is_woken(namespace: Namespace) -> None:
    """An administrator may have put it to sleep while nobody owned it."""
    with namespace.enter():
        table = table_socket.TableSocket()
    table.channel.commit([add_table(TABLE, DORMANT)])
    table.claim()
    row = ruleset.find_table(table.channel, TABLE)
    assert row is not None
    assert not row.is_dormant
    table.channel.close()
    namespace.run("nft", "delete", "table", "inet", "ideolab")


def test_one_socket_for_all_views(namespace: Namespace) -> None:
    """The end of a view does not end the ownership."""
    with namespace.enter():
        assert table_socket.share() is table_socket.share()
        one, other = NftSets(), NftSets()
        one.create("a_b", "inet")
        one.close()
        other.add("a_b", HOST, 0)
        row = ruleset.find_table(table_socket.share().channel, TABLE)
        assert row is not None
        assert row.flags in (OWNER | PERSIST, 0)
        other.destroy("a_b")
        other.close()
        table_socket.release()
        table_socket.release()


def test_after_a_fork(namespace: Namespace) -> None:
    """A child has a socket of its own, and takes nothing from its parent's."""
    told = run_python(
        namespace,
        "import os, sys\nfrom ideolab_f2b.kernel.nft import table_socket\n"
        "sets = NftSets(); sets.create('a_b', 'inet'); parent = table_socket.share().channel.port\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    print(table_socket.share().channel.port != parent, NftSets().names())\n"
        "    sys.stdout.flush(); os._exit(0)\n"
        "os.waitpid(child, 0); sets.add('a_b', ip_network('198.51.100.7'), 0)\n"
        "print(len(list(sets.elements('a_b')))); sets.destroy('a_b')",
    )

    assert told == "True ['a_b']\n1\n"


@pytest.mark.parametrize(
    ("release", "expected"),
    [("6.12.0-1", True), ("6.11.9", False), ("5.10.0-30-amd64", False), ("7.2.12", True), ("odd", False)],
)
def test_kernels_that_change_times(release: str, expected: bool) -> None:
    """Since Linux 6.12; a name that says nothing is taken for an old one."""
    assert table_socket.is_updating(release) is expected
