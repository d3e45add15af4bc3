"""Names of sets."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.firewall import names


def test_family_sets() -> None:
    """One set for each family."""
    assert names.family_sets("ideolab_manual") == {4: "ideolab_manual", 6: "ideolab_manual6"}


@pytest.mark.parametrize(
    ("jail", "name"),
    [
        ("ideolab-manual", "ideolab_manual"),
        ("nginx-http-auth", "nginx_http_auth"),
        ("site1", "site1"),
        ("x" * 30, "x" * 30),
        # these could be another jail's
        ("site16", "site16.cxbpldfugz"),
        ("my_jail", "my_jail.ejddztxenl"),
        ("a b/c", "a_b_c.fpefyfeosh"),
        ("x" * 31, "xxxxxxxxxxxxxxxxxxx.psuuyvehdl"),
        ("ideolab-ban", "ideolab_ban.wduoevyyci"),
        ("", "ideolab.tuoowscuyr"),
    ],
)
def test_default_set(jail: str, name: str) -> None:
    """Any jail's name becomes a name that the kernel takes, with room for the 6 of inet6."""
    assert names.default_set(jail) == name


_SIMILAR = st.text(st.sampled_from("aA16-_. <>é\udce9"))


@settings(max_examples=300)
@given(
    st.lists(st.text(st.sampled_from("aA16-_. <>é\udce9")) | st.text(max_size=60), unique=True, max_size=20)
)
def test_default_sets_are_never_shared(jails: list[str]) -> None:
    """Neither family of a jail's sets is one of another jail's, whatever they are called."""
    all_sets = [name for jail in jails for name in names.family_sets(names.default_set(jail)).values()]

    assert len(set(all_sets)) == len(all_sets)
    assert all(names.require_jail_set(names.default_set(jail)) for jail in jails)


def test_sets_of_a_thousand_sites() -> None:
    """As a panel names them."""
    found = {
        name for site in range(1000) for name in names.family_sets(names.default_set(f"site{site}")).values()
    }

    assert len(found) == 2000


@pytest.mark.parametrize("end", ["a", "b"])
def test_temporary_set(end: str) -> None:
    """It fits, and long names that begin alike have different ones."""
    assert names.temporary("jail6") == "jail6.new"
    assert names.temporary(f"{'x' * 30}{end}") == f"{names.unique('x' * 30, 'x' * 30 + end)[:27]}.new"
    assert len(names.temporary("x" * 31)) == 31


def test_collisions() -> None:
    """The set of inet6 of one name is the set of inet of another."""
    assert names.collides("site16", ["other", "site1"]) == "site1"
    assert names.collides("site1", ["site16"]) == "site16"
    assert names.collides("site1", ["site1", "site166", "site"]) == ""


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
