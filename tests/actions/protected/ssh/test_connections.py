"""Which of a process's sockets is the one over which somebody logged in."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address

from ideolab_f2b.actions.protected.ssh import connections
from ideolab_f2b.actions.protected.ssh.connections import Connections
from ideolab_f2b.actions.protected.ssh.logins import Login
from ideolab_f2b.kernel.sockets.inodes import TcpConnection
from tests.actions.protected.ssh.conftest import ALICE, Tree

PEER, STRANGER = ip_address("198.51.100.1"), ip_address("198.51.100.66")
#: the inode of sshd's listening socket
LISTENER = 900


def way_in(inode: int, port: int = 22) -> TcpConnection:
    return TcpConnection(inode, PEER, port, frozenset((LISTENER,)))


def forwarded(inode: int, port: int = 45678, *listeners: int) -> TcpConnection:
    return TcpConnection(inode, STRANGER, port, frozenset(listeners))


class Kernel:
    """The connections of the host; counts how often it is asked."""

    def __init__(self, tree: Tree, *found: TcpConnection) -> None:
        self.found, self.asked, self.now = list(found), 0, 1000.0
        self.subject = Connections(tree.inodes, self.find, lambda: self.now)

    def find(self, inodes: Collection[int]) -> list[TcpConnection]:
        self.asked += 1
        return [each for each in self.found if each.inode in inodes]

    def peers(self, logins: list[Login]) -> list[str]:
        return [f"{found.peer} {found.port}" for _login, found in self.subject.of(logins)]


def user(tree: Tree, *inodes: int) -> None:
    tree.add(20, "sshd: alice [priv]", 300, 700)
    tree.add(21, "sshd: alice@pts/0", *inodes, parent=20, uid=ALICE)


def test_the_monitor_has_it_too(tree: Tree) -> None:
    """What was opened after the login, towards a site or by a stranger, is the process's alone."""
    user(tree, 300, 301, 302)
    kernel = Kernel(tree, way_in(300, 2222), forwarded(301), forwarded(302, 8080, 888))

    assert kernel.peers(tree.logins()) == ["198.51.100.1 2222"]


def test_nothing_is_shared(tree: Tree) -> None:
    """A process whose monitor holds no connection proves none."""
    user(tree, 301)

    assert Kernel(tree, forwarded(301, 22, LISTENER)).peers(tree.logins()) == []


def test_both_hold_another_one(tree: Tree) -> None:
    """A PAM module keeps its connection to a directory: nobody listens on the port that it comes from."""
    user(tree, 300, 700)

    assert Kernel(tree, way_in(300), forwarded(700)).peers(tree.logins()) == ["198.51.100.1 22"]


def test_root_without_a_monitor(tree: Tree) -> None:
    """Until OpenSSH 9.7: what came in by a port of somebody else, not by one that the session opened."""
    tree.add(20, "sshd: root@pts/0", 300, 301, 302, 888)
    kernel = Kernel(tree, way_in(300), forwarded(301), forwarded(302, 8080, 888))

    assert kernel.peers(tree.logins()) == ["198.51.100.1 22"]


def test_root_with_a_monitor(tree: Tree) -> None:
    """From OpenSSH 9.8 on, and on RHEL, as with any user."""
    tree.add(20, "sshd-session: root [priv]", 300, program="sshd-session")
    tree.add(21, "sshd-session: root", 300, 301, parent=20, program="sshd-session")

    assert Kernel(tree, way_in(300), forwarded(301, 22, LISTENER)).peers(tree.logins()) == ["198.51.100.1 22"]


def test_two_that_could_be_it(tree: Tree) -> None:
    """Then neither is."""
    tree.add(20, "sshd: root@pts/0", 300, 301)

    assert Kernel(tree, way_in(300), forwarded(301, 23, 999)).peers(tree.logins()) == []


def test_the_kernel_is_asked_once(tree: Tree) -> None:
    """A dump costs by the host's sockets: neither a look nor a forwarded port may cause one."""
    user(tree, 300)
    kernel = Kernel(tree, way_in(300))
    for _look in range(5):
        assert kernel.peers(tree.logins()) == ["198.51.100.1 22"]

    assert kernel.asked == 1


def test_a_socket_of_another_network_namespace(tree: Tree) -> None:
    """It is searched less and less often: a day of looks costs little."""
    user(tree, 300)
    kernel = Kernel(tree)
    for _look in range(9):
        assert kernel.peers(tree.logins()) == []
    assert kernel.asked == connections.TRIES
    assert kernel.subject.count_lost() == 1

    logins = tree.logins()
    for _look in range(28_800):
        kernel.now += 3.0
        kernel.peers(logins)
    assert 100 < kernel.asked < 160


def test_a_login_is_lost_after_all_tries(tree: Tree) -> None:
    """Until its connection is found, or it ends."""
    user(tree, 300)
    kernel = Kernel(tree)
    counts = []
    for _look in range(connections.TRIES):
        kernel.peers(tree.logins())
        counts.append(kernel.subject.count_lost())
    assert counts == [0] * (connections.TRIES - 1) + [1]

    kernel.peers([])
    assert kernel.subject.count_lost() == 0


def test_a_connection_that_is_found_later(tree: Tree) -> None:
    """The other way in was closed, or the kernel did not answer: no login is given up."""
    tree.add(20, "sshd: root@pts/0", 300, 301)
    kernel = Kernel(tree, way_in(300), forwarded(301, 23, 999))
    for _look in range(50):
        kernel.peers(tree.logins())
        kernel.now += 3.0
    assert kernel.subject.count_lost() == 1
    kernel.found.pop()
    kernel.now += connections.PAUSE_LIMIT_S

    assert kernel.peers(tree.logins()) == ["198.51.100.1 22"]
    assert kernel.subject.count_lost() == 0


def test_no_login_costs_nothing(tree: Tree) -> None:
    """A flood that does not log in makes no dump."""
    tree.add(20, "sshd: root [priv]", 300)
    tree.add(21, "sshd: root [net]", 300, parent=20, uid=105)
    kernel = Kernel(tree, way_in(300))

    assert (kernel.peers(tree.logins()), kernel.asked) == ([], 0)


def test_a_connection_that_ended(tree: Tree) -> None:
    """The process may outlive it; another one with its pid is another login."""
    user(tree, 300)
    kernel = Kernel(tree, way_in(300))
    assert kernel.peers(tree.logins()) == ["198.51.100.1 22"]

    (tree.proc / "21" / "fd" / "3").unlink()

    for _look in range(connections.TRIES + 1):
        assert kernel.peers(tree.logins()) == []
    # its process outlives it
    assert kernel.subject.count_lost() == 0
    assert kernel.peers([]) == []
