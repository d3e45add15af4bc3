"""The search box: addresses and networks by an index, words in the newest rows."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_accesslog.admin import search
from ideolab_accesslog.models import AccessLog, TrashIP
from tests.accesslog.conftest import VENDORS

ADDRESSES = (
    *("198.51.100.7", "198.51.100.70", "198.51.101.7", "198.5.1.7", "203.0.113.200"),
    *("2001:db8::7", "2001:db8:0:1::7", "2001:db8:1::1", "2001:dba::1", "::5"),
)
#: what is typed -> which of ADDRESSES is found
TERMS = {
    "198.51.100.7": ["198.51.100.7"],
    " 198.51.100.0/24 ": ["198.51.100.7", "198.51.100.70"],
    "198.51.100.": ["198.51.100.7", "198.51.100.70"],
    "198.51.": ["198.51.100.7", "198.51.100.70", "198.51.101.7"],
    "198.51.100.0/23": ["198.51.100.7", "198.51.100.70", "198.51.101.7"],
    "198.51.100.0/29": ["198.51.100.7"],
    "0.0.0.0/0": ["198.5.1.7", "198.51.100.7", "198.51.100.70", "198.51.101.7", "203.0.113.200"],
    "::ffff:198.51.100.7": ["198.51.100.7"],
    "2001:db8::7": ["2001:db8::7"],
    "2001:db8::/64": ["2001:db8::7"],
    "2001:db8::/32": ["2001:db8:0:1::7", "2001:db8:1::1", "2001:db8::7"],
    "2001:db8:1::/48": ["2001:db8:1::1"],
    "2001:d00::/24": ["2001:db8:0:1::7", "2001:db8:1::1", "2001:db8::7", "2001:dba::1"],
    "::/64": ["::5"],
    "192.0.2.0/24": [],
}


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_addresses_and_networks_are_found_on_every_database(database: str) -> None:
    """What is typed finds the addresses inside it, and no other."""
    for number, address in enumerate(ADDRESSES):
        TrashIP.objects.create(ip=address, last_path=f"/{number}")
    found = {
        term: sorted(search.search(TrashIP.objects.all(), term, ()).values_list("ip", flat=True))
        for term in TERMS
    }
    assert found == {term: sorted(expected) for term, expected in TERMS.items()}


@pytest.mark.django_db
def test_all_words_must_be_in_a_row() -> None:
    """Words are looked for in each of the text fields, whatever their case."""
    AccessLog.objects.create(path="/invoices/", user_agent="Curl/8", method="GET", status_code=200)
    AccessLog.objects.create(path="/invoices/", user_agent="Firefox", method="GET", status_code=200)
    found = search.search(AccessLog.objects.all(), "INVOICES curl", ("path", "user_agent"))
    assert [row.user_agent for row in found] == ["Curl/8"]


@pytest.mark.django_db
def test_words_are_looked_for_in_the_newest_rows_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an index, a search of everything would take seconds."""
    monkeypatch.setattr(search, "TEXT_ROWS", 2)
    for number in range(5):
        AccessLog.objects.create(path=f"/page/{number}", method="GET", status_code=200)
    found = search.search(AccessLog.objects.order_by("pk"), "page", ("path",))
    assert [row.path for row in found] == ["/page/3", "/page/4"]


@pytest.mark.django_db
def test_a_long_text_is_a_search_like_any_other() -> None:
    """SQLite refuses a condition of a thousand parts."""
    AccessLog.objects.create(path="/word/", method="GET", status_code=200)
    assert [row.path for row in search.search(AccessLog.objects.all(), "word " * 2000, ("path",))] == [
        "/word/"
    ]


@given(st.text(max_size=60))
def test_anything_typed_is_a_network_or_words(term: str) -> None:
    """No text makes the parser fail; what it takes for a network is one."""
    found = search.parse_network(term)
    assert found is None or found == ip_network(str(found))


NETWORKS = ("2001:db8:0:7::/64", "2001:db8::/64", "2001:db8:5:7::/64", "2001:db8:0:7::9", "198.51.100.7")


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("2001:db8:0:7::9", ["2001:db8:0:7::/64", "2001:db8:0:7::9"]),
        ("2001:db8:0:7::1", ["2001:db8:0:7::/64"]),
        ("2001:db8:0:7::/64", ["2001:db8:0:7::/64", "2001:db8:0:7::9"]),
        ("2001:db8::/32", ["2001:db8:0:7::/64", "2001:db8:0:7::9", "2001:db8:5:7::/64", "2001:db8::/64"]),
        ("2001:db8::/64", ["2001:db8::/64"]),
        ("198.51.100.0/24", ["198.51.100.7"]),
        ("2001:db8:0:7::/80", ["2001:db8:0:7::/64", "2001:db8:0:7::9"]),
        ("2001:db8:0:7:1::/80", ["2001:db8:0:7::/64"]),
        ("2001:DB8:0:7:0:0:0:9/128", ["2001:db8:0:7::/64", "2001:db8:0:7::9"]),
        ("2001:db8:0:7::9%eth0", []),
        ("fe80::1%x", []),
        ("fe80::1%x/64", []),
    ],
)
def test_networks_are_found_too(database: str, term: str, expected: list[str]) -> None:
    """By an address in them, by themselves, by what is around them."""
    for text in NETWORKS:
        TrashIP.objects.create(ip=text)

    assert sorted(row.ip for row in search.search(TrashIP.objects.all(), term, ("last_path",))) == expected


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
@pytest.mark.parametrize(
    "term",
    [
        "a" * 100_000,
        "%" * 100_000,
        "_" * 60_000,
        "a " * 50_000,
        "\0",
        "a\0b",
        "\ud800",
        "1" * 5000,
        "/" * 9000,
    ],
)
def test_no_text_is_an_error(database: str, term: str) -> None:
    """100 kB, ten thousand words, NUL, half characters: what is too long is cut."""
    TrashIP.objects.create(ip="198.51.100.7", last_path="/")

    list(search.search(TrashIP.objects.all(), term, ("last_path", "last_user_agent")))
