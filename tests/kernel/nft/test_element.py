"""Elements of nf_tables as bytes: nothing but an address or a network becomes one."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.kernel.netlink import attribute, nest
from ideolab_f2b.kernel.nft import element

_SIZES = {4: 4, 6: 16}


@st.composite
def keys(draw: st.DrawFn) -> tuple[int, int, int]:
    """Networks of both families."""
    version = draw(st.sampled_from((4, 6)))
    longest = 8 * _SIZES[version]
    prefix = draw(st.integers(1, longest))
    return version, draw(st.integers(0, (1 << prefix) - 1)) << longest - prefix, prefix


def answer(key: tuple[int, int, int], left_ms: int) -> bytes:
    """One element as the kernel tells it."""
    packed = key[1].to_bytes(_SIZES[key[0]], "big")
    times = attribute(4, struct.pack("!Q", 1)) + attribute(5, struct.pack("!Q", left_ms)) if left_ms else b""
    return attribute(1, attribute(1, attribute(1, packed)) + times)


@given(keys(), st.one_of(st.none(), st.integers(-(10**20), 10**20)))
def test_pack(key: tuple[int, int, int], timeout_s: int | None) -> None:
    """The address in network order, and a time between none and the longest."""
    element.check(key)
    packed = key[1].to_bytes(_SIZES[key[0]], "big")
    expected = nest(1, attribute(1, packed))
    if timeout_s is not None:
        expected += attribute(4, struct.pack("!Q", min(max(timeout_s, 0), 10**10) * 1000))
    assert element.pack(key, timeout_s) == nest(1, expected)


@given(st.tuples(*[st.integers(-(1 << 130), 1 << 130)] * 3))
def test_what_is_no_network(key: tuple[int, int, int]) -> None:
    """Whatever numbers come: a ValueError, or an address and a prefix that ipaddress takes too."""
    try:
        element.check(key)
    except ValueError:
        return
    version, address, prefix = key
    assert ip_address(address.to_bytes(_SIZES[version], "big")).version == version
    assert 0 < prefix <= 8 * _SIZES[version]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ((4, 0, 0), "covers every address"),
        ((4, 1, 24), "has bits behind its prefix"),
        ((4, 1 << 32, 32), "not permitted"),
        ((4, -1, 32), "not permitted"),
        ((6, 1 << 128, 128), "not permitted"),
        ((5, 1, 32), "the version of IP is 4 or 6"),
        ((4, 0, 33), "takes prefixes up to 32"),
    ],
)
def test_bad_keys(key: tuple[int, int, int], text: str) -> None:
    """Each is told."""
    with pytest.raises(ValueError, match=text):
        element.check(key)


@given(st.lists(st.tuples(keys(), st.integers(0, 10**13)), max_size=30))
def test_unpack(found: list[tuple[tuple[int, int, int], int]]) -> None:
    """Seconds are rounded up, what is about to end has one; elements of all forms in one answer."""
    payload = attribute(1, b"ideolab\0") + attribute(3, b"".join(answer(*each) for each in found))
    assert list(element.unpack(payload)) == [
        (key[1].to_bytes(_SIZES[key[0]], "big"), max(1, -(-left_ms // 1000)) if left_ms else None)
        for key, left_ms in found
    ]


@given(st.binary(max_size=300))
def test_garbage(payload: bytes) -> None:
    """Nothing is raised, whatever comes."""
    assert all(len(key) <= len(payload) for key, _left in element.unpack(payload))
    assert list(element.unpack(attribute(3, payload))) is not None


def test_uniform_answers_that_are_none() -> None:
    """The quick way is left as soon as one element has another form."""
    timed, other = (
        answer((4, 7, 32), 5000),
        answer((4, 9, 32), 5000).replace(b"\x0c\x00\x05", b"\x0c\x00\x07"),
    )
    for parts in ([timed, other], [other, other], [timed, timed]):
        found = list(element.unpack(attribute(3, b"".join(parts))))
        assert [key for key, _left in found] == [part[12:16] for part in parts]
        assert [left for _key, left in found] == [5 if part == timed else None for part in parts]


def test_any_key() -> None:
    """A port with a time, as the country list has it."""
    assert element.pack_any(b"\x01\xbb", 60) == nest(
        1, nest(1, attribute(1, b"\x01\xbb")), attribute(4, struct.pack("!Q", 60000))
    )
    assert element.pack_any(b"\x01\xbb") == nest(1, nest(1, attribute(1, b"\x01\xbb")))
