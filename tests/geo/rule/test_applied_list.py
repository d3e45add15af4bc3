"""A list as it is remembered: in words, in a file, beside what the kernel holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ideolab_f2b.geo.rule import applied_list
from ideolab_f2b.geo.rule.applied_list import AppliedList
from ideolab_f2b.geo.rule.plan import KernelState

ONE = AppliedList(
    "abcdefgh", "nft", "allow", ("FR", "ES"), (443, 8443), True, 1000.0, 2000.0, 2, 1,
    "digest", ("203.0.113.9/32",), {"monitor.example.com": ("198.51.100.7",)}, "203.0.113.5", 2000.0,
)  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("token", "x; y"),
        ("backend", "iptables"),
        ("ports", (0,)),
        ("ports", (65536,)),
        ("countries", ("F R",)),
    ],
)
def test_values_that_are_none(field: str, value: object) -> None:
    """No word of the file becomes part of a rule unseen."""
    with pytest.raises(ValueError, match="is no"):
        applied_list.parse(applied_list.pack(replace(ONE, **{field: value})))  # type: ignore[arg-type]


def test_whether_the_kernel_has_it() -> None:
    """The same list, ports, and as many prefixes where the kernel counts them."""
    state = KernelState("abcdefgh", (443, 8443))
    assert ONE.is_in(state)
    assert ONE.is_in(state._replace(counts={4: 2, 6: 1}))
    assert not ONE.is_in(state._replace(counts={4: 0, 6: 1}))
    assert not ONE.is_in(KernelState("other", (443, 8443)))
    assert not ONE.is_in(state._replace(ports=(443,)))
    assert not ONE.is_in(KernelState())


def test_in_words() -> None:
    """As the verbs and `check` say it."""
    assert ONE.describe() == "allow FR, ES on TCP and UDP 443, 8443 (2 + 1 prefixes)"
