"""Lists, whose entries are read one by one."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.utils.functional import lazystr

from ideolab_accesslog import setting_types as types
from ideolab_accesslog.setting_types.lists import MOST

DEFAULT: list[Any] = ["the default"]


class Unwritable:
    """Raises whatever is asked of it."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (types.TEXTS, [[], ["/old/"], ("/old/",), {"/old/"}], ["/old/", [1], None, [""], {"/old/": 1}]),
        (types.TEXTS, [[lazystr("/old/")]], [lazystr("/old/")]),
        (types.WORDS, [["sudo", "-n", Path("/x"), lazystr("x")]], ["sudo", [1], [b"sudo"], None, []]),
        (types.WHOLE_NUMBERS, [[200], [HTTPStatus.OK], range(200, 300)], ["200", ["200"], [True], 200]),
        (types.NETWORKS, [[], ["10.0.0.0/8", "::1"]], ["10.0.0.0/8", None, ["monitoring"]]),
        (types.PROXIES, [[], ["10.0.0.0/8"]], ["10.0.0.0/8", None, ["nginx"]]),
        (
            types.TEXTS_BY_WORD,
            [{}, {"bot": ["a.example"]}, {"bot": []}],
            [[], {"": []}, {"bot": "a"}, {1: []}],
        ),
    ],
)
def test_a_type_accepts_its_values_only(kind: types.SettingType, good: list[Any], bad: list[Any]) -> None:
    """A frequent mistake is one text where a list is meant."""
    assert [value for value in good if not kind.accepts(value)] == []
    assert [value for value in bad if kind.accepts(value)] == []


@pytest.mark.parametrize(
    ("kind", "value", "read", "faults"),
    [
        # one entry costs itself
        (types.NETWORKS, ["10.0.0.0/8", "monitoring", "::1"], ["10.0.0.0/8", "::1"], ["value"]),
        (types.NETWORKS, ["10.0.0.0/8", "10.0.0.0/33", None], ["10.0.0.0/8"], ["value", "value"]),
        (types.NETWORKS, ["10.0.0.1, monitoring.example"], ["10.0.0.1/32"], ["value"]),
        (types.NETWORKS, [Unwritable(), "10.0.0.1"], ["10.0.0.1"], ["value"]),
        (types.NETWORKS, [["10.0.0.1"], "10.0.0.2"], ["10.0.0.2"], ["value"]),
        (types.PROXIES, ["nginx", "10.0.0.1"], ["10.0.0.1"], ["proxy"]),
        (types.WHOLE_NUMBERS, [200, "2xx", 404], [200, 404], ["value"]),
        (types.WHOLE_NUMBERS, [200, True, float("nan"), 10**400], [200], ["value"] * 3),
        (types.TEXTS, ["/a/", 1, "/b/"], ["/a/", "/b/"], ["value"]),
        (types.TEXTS, [Unwritable(), "/b/"], ["/b/"], ["value"]),
        # what is meant without doubt is taken
        (types.WHOLE_NUMBERS, 200, [200], ["notation"]),
        (types.WHOLE_NUMBERS, ["200", 404.0, " 500 "], [200, 404, 500], ["notation"] * 3),
        (types.WHOLE_NUMBERS, "200", [200], ["one text"]),
        (types.WHOLE_NUMBERS, "200, 404", [200, 404], ["one text"]),
        (types.TEXTS, "/old/", ["/old/"], ["one text"]),
        (types.TEXTS, b"/old/", ["/old/"], ["one text"]),
        (types.TEXTS, lazystr("/old/"), ["/old/"], ["one text"]),
        (types.TEXTS, Path("/old"), ["/old"], ["notation", "notation"]),
        (types.TEXTS, [b"/a/", Path("/b")], ["/a/", "/b"], ["notation"] * 2),
        (types.TEXTS, {"/a/": "why"}, ["/a/"], ["notation"]),
        (types.TEXTS, [lazystr("/a/")], ["/a/"], []),
        (types.NETWORKS, "10.0.0.1, 10.0.0.2", ["10.0.0.1/32", "10.0.0.2/32"], ["one text"]),
        (types.NETWORKS, ip_network("10.0.0.0/8"), [ip_network("10.0.0.0/8")], ["notation"]),
        (types.NETWORKS, [b"10.0.0.1"], ["10.0.0.1"], ["notation"]),
        (types.WORDS, "/usr/bin/sudo -n x", ["/usr/bin/sudo", "-n", "x"], ["one text"]),
        (types.WORDS, ["sudo", 5], ["sudo", "5"], ["notation"]),
        # a blank entry would match everything
        (types.TEXTS, [""], [], ["notation"]),
        (types.TEXTS, ["/a/", " "], ["/a/"], ["notation"]),
        (types.NETWORKS, ["", "10.0.0.1"], ["10.0.0.1"], ["notation"]),
        # nothing is left: the default
        (types.WHOLE_NUMBERS, ["2xx"], DEFAULT, ["value"]),
        (types.TEXTS, "", DEFAULT, ["value"]),
        (types.TEXTS, None, DEFAULT, ["value"]),
        (types.TEXTS, 5, DEFAULT, ["value"]),
        (types.TEXTS, b"\xff", DEFAULT, ["value"]),
        (types.PROXIES, 10, DEFAULT, ["proxy"]),
        (types.NETWORKS, False, DEFAULT, ["value"]),
        # a command without one of its words is another command
        (types.WORDS, ["sudo", None], DEFAULT, ["value"]),
        (types.WORDS, ["sudo", "a\0"], DEFAULT, ["value"]),
        (types.WORDS, [], DEFAULT, ["value"]),
    ],
)
def test_each_entry_is_read_by_itself(
    kind: types.SettingType, value: Any, read: list[Any], faults: list[str]
) -> None:
    """The good ones count, whatever stands beside them."""
    reading = kind.read(value, DEFAULT)

    assert reading.value == read
    assert [fault.kind for fault in reading.faults] == faults


def test_a_fault_names_the_entry_and_what_to_write() -> None:
    """The setting's name stands before it."""
    faults = types.NETWORKS.read(["10.0.0.1", "monitoring"], []).faults

    assert faults == (
        (
            "value",
            "holds 'monitoring'",
            'Write a list of networks: ["10.0.0.0/8", "2001:db8::7"], no names. The rest counts.',
        ),
    )


def test_a_good_list_stays_itself() -> None:
    """What the site adds to it counts at once."""
    hosts = ["10.0.0.1"]

    assert types.NETWORKS.read(hosts, []).value is hosts


@pytest.mark.parametrize("several", [lambda texts: iter(texts), lambda texts: (text for text in texts)])
def test_what_gives_its_values_once_is_kept(several: Any) -> None:
    """A generator is empty when it is read a second time."""
    reading = types.TEXTS.read(several(["/a/", "/b/"]), DEFAULT)

    assert (reading.value, [fault.kind for fault in reading.faults]) == (["/a/", "/b/"], ["notation"])


@pytest.mark.parametrize("value", [count(), range(10**12)])
def test_a_list_without_an_end_is_cut(value: Any) -> None:
    """And of many faults the first ones are named."""
    reading = types.WHOLE_NUMBERS.read(value, DEFAULT)

    assert reading.value == list(range(1000))
    assert len(reading.faults) == 21
    assert reading.faults[-1].text == f"has {MOST - 1000 + 1 - 20} more such entries"


def test_a_generator_that_raises_is_nothing() -> None:
    """The settings are loaded all the same."""

    def entries() -> Iterator[str]:
        yield "/a/"
        raise OSError("the file is gone")

    assert types.TEXTS.read(entries(), DEFAULT).value == DEFAULT


def test_each_word_of_a_dictionary_is_read_by_itself() -> None:
    """One that has no list costs itself."""
    value = {"a": ["a.example"], "b": "b.example", "c": 5, 7: ["x"], "d": ["d.example", 1], "e": []}
    reading = types.TEXTS_BY_WORD.read(value, {})

    assert reading.value == {"a": ["a.example"], "b": ["b.example"], "d": ["d.example"], "e": []}
    assert [(fault.kind, fault.text) for fault in reading.faults] == [
        ("one text", "['b'] is one text"),
        ("value", "['c'] is 5"),
        ("value", "holds 7"),
        ("value", "['d'] holds 1"),
    ]
    assert types.TEXTS_BY_WORD.read([("a", ["b"])], {}).value == {}
