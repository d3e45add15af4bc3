"""cache: answers by network, and every way in which a file can be broken."""

from __future__ import annotations

import ipaddress
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

import pytest

from ideolab_f2b.origin import cache as cache_module
from ideolab_f2b.origin.cache import Cache
from ideolab_f2b.origin.field import Address
from ideolab_f2b.origin.origin import Origin
from ideolab_f2b.origin.results import LookupResults

DAY = 86400.0
Make = Callable[[], Cache]


def ip(text: str) -> Address:
    return ipaddress.ip_address(text)


def known(asn: str, prefix: str | None) -> Origin:
    """As the cache gives it back: without the address."""
    return Origin("", asn, "EXAMPLE", "FR", prefix, "cymru")


@pytest.fixture
def results() -> LookupResults:
    return LookupResults()


@pytest.fixture
def now() -> list[float]:
    """The clock, to be turned."""
    return [1_795_359_121.0]


@pytest.fixture
def make(cache_path: Path, results: LookupResults, now: list[float]) -> Iterator[Make]:
    """Further processes' caches of the same file; answers are kept for 7 days, unknown for 6 hours."""
    caches: list[Cache] = []

    def open_one() -> Cache:
        caches.append(Cache(cache_path, 7 * DAY, 6 * 3600.0, results, lambda: now[0]))
        return caches[-1]

    yield open_one
    for one in caches:
        one.close()


@pytest.fixture
def cache(make: Make) -> Cache:
    return make()


def asn(cache: Cache, text: str) -> str | None:
    """The AS of an address, "unknown" for a negative answer, None for a miss."""
    found = cache.get([ip(text)]).get(ip(text))
    return None if found is None else found.asn or "unknown"


def test_an_answer_holds_for_its_whole_prefix(cache: Cache) -> None:
    """A botnet in one prefix is looked up once."""
    cache.put([(ip("198.51.100.7"), known("64500", "198.51.100.0/22"))])

    assert cache.get([ip("198.51.103.255")]) == {ip("198.51.103.255"): known("64500", "198.51.100.0/22")}
    assert [asn(cache, text) for text in ("198.51.99.255", "198.51.104.0")] == [None, None]


NESTED = (
    "198.0.0.0/8",
    "198.51.0.0/16",
    "198.51.64.0/18",
    "198.51.64.0/24",
    "198.51.99.0/24",
    "198.51.99.128/25",
    "198.51.100.0/32",
    "2001:db8::/32",
    "2001:db8:1::/48",
)


@pytest.mark.parametrize(
    ("text", "prefix"),
    [
        ("198.51.100.1", "198.51.64.0/18"),
        ("198.51.100.0", "198.51.100.0/32"),
        ("198.51.99.127", "198.51.99.0/24"),
        ("198.51.99.200", "198.51.99.128/25"),
        ("198.51.64.3", "198.51.64.0/24"),
        ("198.51.128.0", "198.51.0.0/16"),
        ("198.255.255.255", "198.0.0.0/8"),
        ("199.0.0.0", None),
        ("197.255.255.255", None),
        ("2001:db8:1:2::", "2001:db8:1::/48"),
        ("2001:db8:2::", "2001:db8::/32"),
        ("2001:db9::", None),
        ("::", None),
    ],
)
def test_the_longest_of_nested_prefixes(cache: Cache, text: str, prefix: str | None) -> None:
    """Also where shorter and unrelated ones lie between them."""
    cache.put([(ip(one.partition("/")[0]), known(one, one)) for one in NESTED])

    assert asn(cache, text) == prefix


def test_it_agrees_with_a_plain_search(cache: Cache) -> None:
    """Every address of a small world, against the longest match by trying all."""
    texts = ["0/25", "0/27", "32/28", "40/30", "44/31", "45/32", "64/26", "96/27", "129/32", "192/26"]
    networks = [ipaddress.ip_network(f"198.51.100.{text}") for text in texts]
    cache.put([(network[0], known(str(network), str(network))) for network in networks])
    everyone = [ip(f"198.51.100.{last}") for last in range(256)]
    found = cache.get(everyone)

    for one in everyone:
        holding = [network for network in networks if one in network]
        longest = max(holding, key=lambda network: network.prefixlen, default=None)
        assert (found[one].prefix if one in found else None) == (str(longest) if longest else None)


def test_nobody_knows_is_kept_for_the_24(cache: Cache, now: list[float]) -> None:
    """And for a shorter time."""
    cache.put(
        [(ip("203.0.113.9"), Origin("203.0.113.9", source="cymru")), (ip("2001:db8:9::1"), Origin("x"))]
    )
    assert [asn(cache, text) for text in ("203.0.113.200", "203.0.114.1", "2001:db8:9:9::")] == [
        "unknown", None, "unknown",
    ]  # fmt: skip

    now[0] += 6 * 3600.0
    assert asn(cache, "203.0.113.200") is None


def test_answers_end_after_seven_days(cache: Cache, now: list[float]) -> None:
    """A row that has ended hides no shorter prefix that has not."""
    cache.put([(ip("198.51.100.7"), known("64500", "198.51.100.0/24"))])
    now[0] += DAY
    cache.put([(ip("198.51.1.1"), known("64501", "198.51.0.0/16"))])
    now[0] += 6 * DAY - 1
    assert asn(cache, "198.51.100.7") == "64500"

    now[0] += 1
    assert asn(cache, "198.51.100.7") == "64501"
    now[0] += DAY
    assert asn(cache, "198.51.100.7") is None


def test_a_clock_that_was_set_back_keeps_nothing_for_ever(cache: Cache, now: list[float]) -> None:
    """An end that lies more than seven days ahead is none of now."""
    cache.put([(ip("198.51.100.7"), known("64500", "198.51.100.0/24"))])
    now[0] -= DAY

    assert asn(cache, "198.51.100.7") is None


def test_another_process_sees_it(cache: Cache, make: Make) -> None:
    """The command and the server share one file."""
    other = make()
    assert asn(other, "198.51.100.7") is None
    cache.put([(ip("198.51.100.7"), known("64500", "198.51.100.0/24"))])

    assert asn(other, "198.51.100.8") == "64500"


def test_the_file_is_not_for_everybody(cache: Cache, cache_path: Path) -> None:
    """Whatever the umask says."""
    before = os.umask(0)
    try:
        asn(cache, "198.51.100.7")
    finally:
        os.umask(before)

    assert cache_path.stat().st_mode & 0o777 == 0o640


def test_old_rows_and_too_many_rows_go(
    cache: Cache, cache_path: Path, now: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file does not grow with every botnet."""
    monkeypatch.setattr(cache_module, "MOST_ROWS", 3)
    cache.put([(ip("203.0.113.9"), known("64500", None))])
    now[0] += 7 * DAY
    cache.put([(ip(f"198.51.{number}.1"), known("64500", None)) for number in range(2)])
    now[0] += 3600.0
    cache.put([(ip(f"198.51.{number}.1"), known("64500", None)) for number in range(2, 5)])
    cache.close()

    with sqlite3.connect(cache_path) as database:
        keys = [key.hex() for (key,) in database.execute("SELECT key FROM origin ORDER BY key")]
    database.close()
    assert len(keys) == 3
    assert keys[-3:][1:] == ["04c633030018", "04c633040018"]


@pytest.mark.parametrize(
    "content", [b"no database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 5000], ids=["text", "half"]
)
def test_a_broken_file_is_moved_aside(
    cache: Cache, cache_path: Path, results: LookupResults, content: bytes
) -> None:
    """Said, kept for a look, and begun anew."""
    cache_path.write_bytes(content)
    assert asn(cache, "198.51.100.7") is None
    cache.put([(ip("198.51.100.7"), known("64500", None))])

    assert asn(cache, "198.51.100.7") == "64500"
    assert Path(f"{cache_path}.corrupt").read_bytes() == content
    (complaint,) = results.complaints()
    assert complaint.startswith("the cache of origins was broken (file is not a database): moved to ")
    assert results.counts() == {("cache", "error"): 1}


def test_pages_that_rot_under_an_open_cache(
    cache: Cache, cache_path: Path, results: LookupResults, make: Make
) -> None:
    """Malformed pages, found while it is read."""
    rows = [(ip(f"198.{number >> 8}.{number & 255}.1"), known("64500", None)) for number in range(3000)]
    cache.put(rows)
    cache.close()
    data = bytearray(cache_path.read_bytes())
    data[4096:] = b"\xaa" * len(data[4096:])
    cache_path.write_bytes(data)

    assert make().get([address for address, _origin in rows]) == {}
    assert Path(f"{cache_path}.corrupt").exists()
    assert "begun anew" in results.complaints()[0]


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (x)",
        "PRAGMA user_version = 1",
        "CREATE TABLE origin (key BLOB, asn TEXT); PRAGMA user_version = 1",
    ],
)
def test_a_database_of_something_else(cache: Cache, cache_path: Path, statement: str) -> None:
    """Never written to; moved aside."""
    database = sqlite3.connect(cache_path)
    database.executescript(statement)
    database.close()
    content = cache_path.read_bytes()

    assert asn(cache, "198.51.100.7") is None
    assert asn(cache, "198.51.100.7") is None
    assert Path(f"{cache_path}.corrupt").read_bytes() == content


@pytest.mark.parametrize(
    "row",
    [
        "('key as text', '64500', 'X', 'FR', NULL, 'cymru', 9e9)",
        "(x'', '64500', 'X', 'FR', NULL, 'cymru', 9e9)",
        "(x'04c633640018', 64500.5, 'X', 'FR', x'00', 'cymru', {until})",
        "(x'04c633640018', '64500', 'X', 'FR', NULL, 'cymru', 'soon')",
        "(x'04c633640018', '64500', CAST(x'ff' AS TEXT), 'FR', NULL, 'cymru', {until})",
    ],
)
def test_rows_that_are_not_ours(
    cache: Cache, cache_path: Path, now: list[float], row: str, make: Make
) -> None:
    """Values of other types end the file, never the look-up."""
    asn(cache, "198.51.100.7")
    cache.close()
    database = sqlite3.connect(cache_path)
    database.execute("INSERT INTO origin VALUES " + row.format(until=now[0] + 60))  # noqa: S608 (a test)
    database.commit()
    database.close()

    assert asn(make(), "198.51.100.7") is None


def test_a_locked_cache_is_a_miss(cache: Cache, cache_path: Path, results: LookupResults) -> None:
    """Nobody waits for another process, and nothing is moved aside."""
    cache.put([(ip("198.51.100.7"), known("64500", None))])
    other = sqlite3.connect(cache_path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert asn(cache, "198.51.100.7") is None
    cache.put([(ip("203.0.113.9"), known("64501", None))])
    other.execute("ROLLBACK")
    other.close()

    assert [asn(cache, text) for text in ("198.51.100.7", "203.0.113.9")] == ["64500", None]
    assert (results.complaints(), results.counts()) == ([], {("cache", "error"): 2})


@pytest.mark.parametrize("suffix", ["", "-journal", "-wal"])
@pytest.mark.parametrize("kind", ["link", "dangling", "hard link", "directory", "fifo"])
def test_what_was_planted_is_not_opened(
    cache: Cache, cache_path: Path, tmp_path: Path, results: LookupResults, suffix: str, kind: str
) -> None:
    """state_dir is another user's: root follows no link from there."""
    elsewhere, planted = tmp_path / "elsewhere", Path(f"{cache_path}{suffix}")
    if kind not in ("dangling", "directory", "fifo"):
        elsewhere.write_bytes(b"precious")
    if kind in ("link", "dangling"):
        planted.symlink_to(elsewhere)
    elif kind == "hard link":
        os.link(elsewhere, planted)
    elif kind == "directory":
        planted.mkdir()
    else:
        os.mkfifo(planted)
    cache.put([(ip("198.51.100.7"), known("64500", None))])

    assert asn(cache, "198.51.100.7") is None
    assert results.complaints() == [
        f"the cache of origins {cache_path} is not used: "
        f"{planted} is not a plain file of this user or of root; remove it"
    ]
    assert not elsewhere.exists() or elsewhere.read_bytes() == b"precious"


@pytest.mark.root
def test_a_file_of_another_user_is_not_opened(cache: Cache, cache_path: Path, results: LookupResults) -> None:
    """Its content would be that user's."""
    asn(cache, "198.51.100.7")
    cache.close()
    os.chown(cache_path, 65534, 65534)

    assert asn(cache, "198.51.100.7") is None
    assert "is not a plain file of this user or of root; remove it" in results.complaints()[0]


def test_no_directory(tmp_path: Path, results: LookupResults) -> None:
    """Not installed yet: every question is a miss, and it is said."""
    path = tmp_path / "none" / "connmon_cache.sqlite3"
    cache = Cache(path, DAY, DAY, results)
    cache.put([(ip("198.51.100.7"), known("64500", None))])

    assert asn(cache, "198.51.100.7") is None
    assert results.complaints() == [
        f"the cache of origins {path} is not used: [Errno 2] No such file or directory: '{path}'"
    ]


def test_a_broken_file_that_cannot_be_moved(
    cache: Cache, cache_path: Path, results: LookupResults, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stays, nothing is kept, and every question is a miss."""

    def refuse(_source: object, _target: object) -> None:
        raise OSError(30, "Read-only file system")

    cache_path.write_bytes(b"garbage" * 1000)
    monkeypatch.setattr(os, "replace", refuse)
    cache.put([(ip("198.51.100.7"), known("64500", None))])

    assert asn(cache, "198.51.100.7") is None
    assert results.complaints() == [
        f"the cache of origins {cache_path} is broken and stays there: [Errno 30] Read-only file system"
    ]
