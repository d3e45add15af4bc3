"""Names of sets as nft can load them: one for each, and back again."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.kernel.nft import names

_NAMES = st.from_regex(r"[A-Za-z0-9_.-]{1,31}", fullmatch=True)
#: scanner.l of nftables
_NFT = re.compile(r"[A-Za-z_.][A-Za-z0-9/_.-]*")


@pytest.mark.parametrize(
    ("name", "prefix", "encoded"),
    [
        ("ideolab_connmon", None, "ideolab_connmon"), ("ideolab_connmon", 24, "ideolab_connmon/24"),
        ("tcp", None, "_/tcp"), ("1.2-3", 25, "_/1.2-3/25"), ("_", None, "_/_"), ("web_24", None, "web_24"),
    ],
)  # fmt: skip
def test_encode(name: str, prefix: int | None, encoded: str) -> None:
    """Those of our jails stay as they are."""
    assert names.encode(name, prefix) == encoded
    assert names.decode(encoded) == (name, prefix)


@given(_NAMES, st.one_of(st.none(), st.integers(1, 128)))
def test_back_again(name: str, prefix: int | None) -> None:
    """Each is a word of nft, which has no other meaning there, and says which set it is."""
    encoded = names.encode(name, prefix)
    assert _NFT.fullmatch(encoded)
    assert "_" in encoded
    assert names.decode(encoded) == (name, prefix)


@given(st.text(max_size=40))
def test_what_is_no_name(text: str) -> None:
    """A ValueError, or one of 31 plain characters."""
    try:
        names.check(text)
    except ValueError:
        return
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,31}", text)


def test_lengths_and_chains() -> None:
    """A single address has no prefix in its set's name."""
    assert names.encode_length("a_b", 4, 32) == names.encode_length("a_b", 6, 128) == "a_b"
    assert names.encode_length("a_b", 6, 32) == "a_b/32"
    assert names.port_chain("web") == "ports/web"
    assert names.is_port_chain("ports/web")
    assert not names.is_port_chain("bans")
    assert names.port_set("ports/web") == "web"
