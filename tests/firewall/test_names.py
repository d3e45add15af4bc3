"""Names of sets."""

from __future__ import annotations

import pytest

from ideolab_f2b.firewall import names


def test_family_sets() -> None:
    """One set for each family."""
    assert names.family_sets("ideolab_manual") == {4: "ideolab_manual", 6: "ideolab_manual6"}


@pytest.mark.parametrize(
    ("jail", "name"),
    [("ideolab-manual", "ideolab_manual"), ("a b/c", "a_b_c"), ("x" * 40, "x" * 30), ("", "ideolab")],
)
def test_default_set(jail: str, name: str) -> None:
    """Any jail's name becomes a name that the kernel takes, with room for the 6 of inet6."""
    assert names.default_set(jail) == name


def test_name_that_a_jail_may_give() -> None:
    """The kernel's letters, and room for the 6."""
    assert names.require_jail_set("a.b-c_1") == "a.b-c_1"
    assert names.require_jail_set("x" * 30) == "x" * 30


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x" * 31, "1 to 30 letters"),
        ("", "1 to 30 letters"),
        ("a b", "1 to 30 letters"),
        ("ideolab_ban", "that is the list of all sets"),
    ],
)
def test_name_that_no_jail_may_give(text: str, complaint: str) -> None:
    """The error says what is needed."""
    with pytest.raises(ValueError, match=complaint):
        names.require_jail_set(text)
