"""What a list of addresses says."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b.notation import word_list


def texts(text: str) -> list[str]:
    return [str(each.network_address) for each in word_list.parse(text).networks]


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("198.51.100.1 198.51.100.2\t198.51.100.3", [1, 2, 3]),
        ("198.51.100.1,198.51.100.2, 198.51.100.3;198.51.100.4;", [1, 2, 3, 4]),
        ("198.51.100.1\r198.51.100.2\r\n198.51.100.3\n", [1, 2, 3]),
        ("# 198.51.100.1\n; 198.51.100.2\n// 198.51.100.3\n", []),
        ("198.51.100.1# a\n198.51.100.2 ; b\n198.51.100.3 // c", [1, 2, 3]),
        ("- 198.51.100.1\n- 198.51.100.2", [1, 2]),
        ("198.51.100.4 - 198.51.100.5", [4]),
        ("198.51.100.4 \u2013 5", [4]),
        ("198.51.100.1\u00a0198.51.100.2", [1, 2]),
    ],
)
def test_entries(text: str, hosts: list[int]) -> None:
    """Whatever stands between them, and whatever is said beside them."""
    assert texts(text) == [f"198.51.100.{host}" for host in hosts]
    assert word_list.parse(text).problems == ()


def test_names_and_mistakes() -> None:
    """A name has a dot; the words of a remark without # are no names, and are told with their line."""
    found = word_list.parse(
        "Office.Example.NET. office.example.net\nour office - 198.51.100.7\n198.51.100.7.8"
    )

    assert found.names == ("office.example.net",)
    assert [(each.line, each.word) for each in found.problems] == [
        (2, "our"),
        (2, "office"),
        (3, "198.51.100.7.8"),
    ]
    assert len(found.networks) == 1


def test_their_number_is_bounded() -> None:
    """A file that is no list at all costs no memory for each of its words."""
    found = word_list.parse("huh " * 10 * word_list.PROBLEMS)

    assert len(found.problems) == word_list.PROBLEMS


@given(st.text(string.hexdigits + ".:-/*#;, \n\r\x00\x85\u2028", max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    """A list, whatever stands in the file."""
    assert isinstance(word_list.parse(text), word_list.WordList)
