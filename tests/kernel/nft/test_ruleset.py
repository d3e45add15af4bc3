"""What stands in a table, read back; and answers that nobody can read."""

from __future__ import annotations

import contextlib
import errno

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.netlink import ModuleMissingError
from ideolab_f2b.kernel.nft import expression, ruleset
from ideolab_f2b.kernel.nft.channel import NftChannel
from ideolab_f2b.kernel.nft.message import add_chain, add_rule, add_set, add_table, delete_table


@pytest.mark.root
def test_read_back(namespace: Namespace) -> None:
    """Chains with their hooks, rules with set, target, counters and comment, sets with size and time."""
    with namespace.enter(), contextlib.closing(NftChannel()) as channel:
        assert ruleset.find_table(channel, "t") is None
        assert (ruleset.list_chains(channel, "t"), ruleset.list_rules(channel, "t")) == ({}, [])
        assert ruleset.list_sets(channel, "t") == []
        channel.commit([
            add_table("t"), add_table("u"), add_chain("u", "c"), add_set("u", "s", 4, 1),
            add_set("t", "s", 4, 5, timeout_s=7), add_chain("t", "end"), add_chain("t", "c", "forward", -5),
            add_rule("t", "c", expression.load_source(4), expression.is_in("s"), expression.count(2, 80),
                     expression.jump("end"), comment="why"),
            add_rule("t", "end", expression.drop()),
        ])  # fmt: skip
        table, chains = ruleset.find_table(channel, "t"), ruleset.list_chains(channel, "t")
        assert table is not None
        assert (table.is_owned, table.is_orphan, table.is_dormant) == (False, False, False)
        assert {name: (row.hook, row.priority) for name, row in chains.items()} == {
            "end": (None, None), "c": (2, -5)
        }  # fmt: skip
        rules = ruleset.list_rules(channel, "t")
        assert [row._replace(handle=0) for row in rules if row.chain == "c"] == [
            ruleset.RuleRow("c", 0, "s", "end", 2, 80, "why")
        ]
        assert [row._replace(handle=0) for row in ruleset.list_rules(channel, "t", "end")] == [
            ruleset.RuleRow("end", 0, "", "", 0, 0, "")
        ]
        (found,) = ruleset.list_sets(channel, "t")
        assert found._replace(elements=None) == ruleset.SetRow("s", 4, 5, 7, None)
        assert ruleset.find_set(channel, "t", "s") == found
        assert ruleset.find_set(channel, "t", "none") is None
        assert ruleset.find_chain(channel, "t", "c") == chains["c"]
        assert ruleset.find_chain(channel, "t", "none") is None
        channel.commit([delete_table("t"), delete_table("u")])


@given(st.binary(max_size=200))
def test_garbage(payload: bytes) -> None:
    """Nothing is raised."""
    for read in (ruleset._read_chain, ruleset._read_rule, ruleset._read_set):
        assert read(payload) is not None


def test_kernel_without_nf_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what is missing, and the way out."""

    def refuse(*_arguments: object) -> list[bytes]:
        raise OSError(errno.EINVAL, "Invalid argument")

    channel = NftChannel.__new__(NftChannel)
    monkeypatch.setattr(NftChannel, "ask", refuse)
    with pytest.raises(ModuleMissingError, match="the kernel has no nf_tables; modprobe nf_tables"):
        ruleset.find_table(channel, "ideolab")
