"""Whole MMDB files, walked: real ones as maxminddb does, hostile ones to an error."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import maxminddb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from ideolab_f2b.ranges import mmdb
from ideolab_f2b.ranges.mmdb import MARK, MmdbError, MmdbFile

NETWORKS = {
    "198.51.100.0/24": {"autonomous_system_number": 64500, "autonomous_system_organization": "EXAMPLE"},
    "203.0.113.0/25": {"autonomous_system_number": 64501, "autonomous_system_organization": "ÄÖ \u202e"},
    "203.0.113.128/32": {"autonomous_system_number": 64501, "autonomous_system_organization": "ÄÖ \u202e"},
    "2001:db8::/32": {"autonomous_system_number": 64500, "autonomous_system_organization": "EXAMPLE"},
    "2001:db9:0:7::/64": {"country": {"iso_code": "FR", "names": {"en": "France"}}, "list": [1, True, 2.5]},
}


def write(path: Path, networks: Mapping[str, Any], version: int = 6, **options: Any) -> Path:
    """Write an MMDB file of these networks and records."""
    writer = MMDBWriter(version, "Test-ASN", ipv4_compatible=version == 6, float_type="f64", **options)
    for word, record in networks.items():
        if version == 6 or ":" not in word:
            writer.insert_network(IPSet([word]), record)
    writer.to_db_file(str(path))
    return path


def iterate(path: Path) -> Iterator[tuple[int, int, int, Any]]:
    """What maxminddb's reader says of the same file."""
    with maxminddb.open_database(str(path), maxminddb.MODE_MEMORY) as reader:
        for network, record in reader:
            yield (
                network.version,
                int(network.network_address),
                int(network.broadcast_address),
                record,
            )


@pytest.mark.parametrize("version", [4, 6])
def test_a_file_is_walked_as_maxminddb_does(tmp_path: Path, version: int) -> None:
    """Networks, their order, all kinds of values; IPv4 within a tree of IPv6 is IPv4."""
    path = write(tmp_path / "a.mmdb", NETWORKS, version)
    found = list(mmdb.walk(path))

    assert found == list(iterate(path))
    networks = [ip_network(word) for word in NETWORKS if version == 6 or ":" not in word]
    assert [row[:3] for row in found] == [
        (one.version, int(one[0]), int(one[-1])) for one in sorted(networks, key=lambda one: one.version)
    ]
    assert found[0][3] == NETWORKS["198.51.100.0/24"]


def test_what_a_file_says_of_itself(tmp_path: Path) -> None:
    """Its kind, and when its data was made."""
    path = write(tmp_path / "a.mmdb", NETWORKS)
    with maxminddb.open_database(str(path)) as reader:
        built = reader.metadata().build_epoch

    assert (MmdbFile(path).kind, MmdbFile(path).built) == ("Test-ASN", float(built))


def test_equal_records_are_one_object(tmp_path: Path) -> None:
    """Who reads them can remember what they mean."""
    rows = list(mmdb.walk(write(tmp_path / "a.mmdb", NETWORKS)))
    assert rows[1][3] is rows[2][3]


def file_of(nodes: list[tuple[int, int]], values: bytes, record_size: int = 24, **changes: Any) -> bytes:
    """A file of these nodes and values; `changes` are of its description."""
    fields = {
        "node_count": len(nodes),
        "record_size": record_size,
        "ip_version": 4,
        "binary_format_major_version": 2,
        **changes,
    }
    return pack_tree(nodes, record_size) + bytes(16) + values + MARK + pack_map(fields)


def pack_tree(nodes: list[tuple[int, int]], size: int) -> bytes:
    """The nodes as the specification has them."""
    if size == 28:
        return b"".join(
            (left & 0xFFFFFF).to_bytes(3, "big")
            + bytes([(left >> 24) << 4 | right >> 24])
            + (right & 0xFFFFFF).to_bytes(3, "big")
            for left, right in nodes
        )
    return b"".join(child.to_bytes(size // 8, "big") for node in nodes for child in node)


def pack_text(text: str) -> bytes:
    """A short text."""
    return bytes([0x40 | len(text)]) + text.encode()


def pack_map(fields: dict[str, Any]) -> bytes:
    """A map of texts to 32-bit numbers, or to packed values."""
    parts = [
        pack_text(key) + (value if isinstance(value, bytes) else b"\xc4" + struct.pack(">I", value))
        for key, value in fields.items()
    ]
    return bytes([0xE0 | len(fields)]) + b"".join(parts)


RECORD = pack_map({"asn": 64500})


@pytest.mark.parametrize("size", [24, 28, 32])
def test_each_size_of_nodes(tmp_path: Path, size: int) -> None:
    """Two halves of the address space, one with a record."""
    path = tmp_path / "a.mmdb"
    path.write_bytes(file_of([(1, 2), (2, 2 + 16)], RECORD, size))

    assert list(mmdb.walk(path)) == [(4, 1 << 30, (1 << 31) - 1, {"asn": 64500})]


def test_links_to_the_ipv4_tree_are_walked_once(tmp_path: Path) -> None:
    """2002::/16 and others lead there; here it is all of 8000::/1."""
    to_ipv4 = [(depth + 1, 97) for depth in range(96)]
    to_ipv4[0] = (1, 96)
    path = tmp_path / "a.mmdb"
    path.write_bytes(file_of([*to_ipv4, (97, 97 + 16)], RECORD, ip_version=6))

    assert list(mmdb.walk(path)) == [(4, 1 << 31, (1 << 32) - 1, {"asn": 64500})]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it does not end as one does"),
        (b"MaxMind" * 10000, "it does not end as one does"),
        (MARK, "a value goes beyond the end of the file"),
        (MARK + b"\x41a", "its description is no map"),
        (file_of([], RECORD, record_size=20), "version 2 with 20 bits and IPv4 is not known"),
        (file_of([(1, 1)], RECORD, ip_version=5), "version 2 with 24 bits and IPv5 is not known"),
        (file_of([(1, 1)], RECORD, binary_format_major_version=3), "version 3 with 24 bits and IPv4"),
        (file_of([(1, 1)], RECORD, node_count=5000), "it is cut: its tree is longer than the file"),
        (file_of([(1, 1)], RECORD, node_count=pack_text("x")), "its description lacks the number node_count"),
        (file_of([(0, 0)], RECORD), "its tree leads in a circle, or is deeper than an address"),
        (file_of([(1, 1), (0, 0)], RECORD), "its tree leads in a circle"),
        (file_of([(n + 1, n + 1) for n in range(31)] + [(32, 32)], RECORD), "its tree leads in a circle"),
        (file_of([(1, 1 + 15)], RECORD), "a network has its record in front of all"),
        (file_of([(1, 5000)], RECORD), "a value goes beyond the end of the file"),
        (file_of([(1, 17)], b"\x20\x00"), "a pointer leads to a pointer"),
        (file_of([(1, 17)], b"\xe1\x41a\x20\x00"), "a value lies more than 16 deep, or in itself"),
        (file_of([(1, 17)], b"\xe1\xc1\x01\x41a"), "a key of a map is no text"),
        (file_of([(1, 17)], b"\x1f\x04\xff\xff\xff" + b"\xa0" * 9000), "more than 4096 values"),
        (file_of([(1, 17)], b"\xff\xff\xff\xff"), "a value goes beyond the end of the file"),
        (file_of([(1, 17)], b"\x5f\xff\xff\xff"), "a text has 16843036 bytes"),
        (file_of([(1, 17)], b"\xc5\x01\x02\x03\x04\x05"), "a value is of kind 6 with 5 bytes"),
        (file_of([(1, 17)], b"\x00\x05"), "a value is of kind 12 with 0 bytes"),
        (file_of([(1, 17)], b"\x01\x04" * 20), "a value lies more than 16 deep"),
    ],
)
def test_a_broken_file_ends_with_an_error(tmp_path: Path, content: bytes, message: str) -> None:
    """Cut, cyclic, deep, huge, or of another version: one kind of error, which names the file."""
    path = tmp_path / "a.mmdb"
    path.write_bytes(content)

    with pytest.raises(MmdbError) as caught:
        list(mmdb.walk(path))
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_what_is_pointed_to_a_million_times_is_read_once(tmp_path: Path) -> None:
    """Ten arrays of sixteen pointers, each to the next, are 16^10 values, and no work."""
    arrays, length = b"", 2 + 16 * 2
    for level in range(10):
        pointer = bytes([0x20, (level + 1) * length]) if level < 7 else b"\xa0\xa0"
        arrays += b"\x10\x04" + pointer * 16
    path = tmp_path / "a.mmdb"
    path.write_bytes(file_of([(1, 17)], arrays))

    with_pointers = list(mmdb.walk(path))
    assert len(with_pointers) == 1


@pytest.mark.parametrize("cut", [1, 100, 300, 500])
def test_a_cut_file_is_an_error(tmp_path: Path, cut: int) -> None:
    """Whatever is missing at its end."""
    path = write(tmp_path / "a.mmdb", NETWORKS)
    whole = path.read_bytes()
    path.write_bytes(whole[:-cut])
    with pytest.raises(MmdbError):
        list(mmdb.walk(path))


@settings(max_examples=150, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20))
def test_changed_bytes_never_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]]
) -> None:
    """A walk ends, with rows or with an MmdbError."""
    directory = tmp_path_factory.getbasetemp() / "changed"
    directory.mkdir(exist_ok=True)
    good = directory / "good.mmdb"
    if not good.exists():
        write(good, NETWORKS)
    content = bytearray(good.read_bytes())
    for at, byte in changes:
        content[at % len(content)] = byte
    path = directory / "changed.mmdb"
    path.write_bytes(content)
    try:
        for version, first, last, _record in mmdb.walk(path):
            assert 0 <= first <= last < 1 << (32 if version == 4 else 128)
    except MmdbError:
        pass


_ADDRESSES = st.tuples(st.integers(0, 2**32 - 1), st.integers(8, 32))


@settings(max_examples=25, deadline=None)
@given(found=st.lists(st.tuples(_ADDRESSES, st.integers(1, 2**32 - 1), st.text(max_size=40)), max_size=20))
def test_any_tree_is_walked_as_maxminddb_does(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[tuple[int, int], int, str]]
) -> None:
    """Networks that overlap, names of any characters."""
    networks = {
        str(ip_network((address >> 32 - length << 32 - length, length))): {
            "asn": number,
            "name": name.encode("utf-8", "ignore").decode(),
        }
        for (address, length), number, name in found
    }
    path = write(tmp_path_factory.getbasetemp() / "any.mmdb", networks)
    assert list(mmdb.walk(path)) == list(iterate(path))
