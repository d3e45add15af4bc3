"""Tables of the older iptables, as the kernel tells them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.kernel import x_tables
from tests.kernel.scene import as_nobody

pytestmark = pytest.mark.root
CHAINS = ("INPUT", "DOCKER-USER")
PROGRAMS = [("iptables-legacy", 4), ("ip6tables-legacy", 6)]


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    with link_namespaces("f2bsock-xt") as (server, _client):
        yield server


@pytest.mark.parametrize(("program", "version"), PROGRAMS)
def test_input(namespace: Namespace, program: str, version: int) -> None:
    """A question makes no table; two rules of INPUT that change places are seen, with the same size."""
    with namespace.enter():
        assert x_tables.read_first_rules(version, "filter", CHAINS) == ()
        for port in ("22", "443"):
            namespace.run(program, "-A", "INPUT", "-p", "tcp", "--dport", port, "-j", "DROP")
        before = x_tables.read_first_rules(version, "filter", CHAINS)
        namespace.run(program, "-D", "INPUT", "1")
        namespace.run(program, "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "DROP")
        after = x_tables.read_first_rules(version, "filter", CHAINS)

        assert before
        assert after
        assert before[0] == after[0]
        assert before != after
        assert as_nobody(lambda: x_tables.read_first_rules(version, "filter", CHAINS)) in ("()", "None")


@pytest.mark.parametrize(("program", "version"), PROGRAMS)
def test_long_table(namespace: Namespace, program: str, version: int) -> None:
    """It is not copied twice a second: its size is all that is told."""
    lines = "\\n".join(f"-A INPUT -p tcp --dport {port} -j DROP" for port in range(1, 1801))
    with namespace.enter():
        namespace.run("sh", "-c", f"printf '*filter\\n{lines}\\nCOMMIT\\n' | {program}-restore --noflush")
        found = x_tables.read_first_rules(version, "filter", CHAINS)

    assert found is not None
    assert len(found) == 1
