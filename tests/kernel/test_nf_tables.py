"""First rules of chains of nf_tables, as the kernel tells them over netlink."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.kernel import nf_tables
from tests.kernel.scene import as_nobody

pytestmark = pytest.mark.root


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with link_namespaces("f2bsock-nft") as (server, _client):
        yield server


def test_generation(namespace: Namespace) -> None:
    """Each change makes another, and no question does."""
    with namespace.enter():
        first = nf_tables.read_generation()
        assert nf_tables.read_generation() == first
        namespace.run("iptables-nft", "-N", "ours")

        assert nf_tables.read_generation() not in (None, first)


@pytest.mark.parametrize(("program", "version"), [("iptables-nft", 4), ("ip6tables-nft", 6)])
def test_first_rule(namespace: Namespace, program: str, version: int) -> None:
    """Of a long chain the beginning; the same rule put anew is another one."""

    def read() -> tuple[bytes, ...]:
        return nf_tables.read_first_rule(version, "filter", "chain")

    with namespace.enter():
        assert read() == ()
        namespace.run(program, "-N", "chain")
        empty = read()
        assert len(empty) == 1
        lines = "\n".join(f"-A chain -p tcp --dport {port} -j DROP" for port in range(1, 2001))
        namespace.run("sh", "-c", f"printf '*filter\n{lines}\nCOMMIT\n' | {program}-restore --noflush")
        full = read()
        assert full[0] == empty[0]
        assert len(full) > 2
        namespace.run(program, "-D", "chain", "1")
        assert read() != full
        namespace.run(program, "-I", "chain", "-p", "tcp", "--dport", "1", "-j", "DROP")
        assert read()[2:] == full[2:]
        assert read() != full


def test_without_privilege(namespace: Namespace) -> None:
    """Nothing is told, and nothing raised."""
    with namespace.enter():
        assert as_nobody(nf_tables.read_generation) == "None"
