"""What a setting may be."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.utils.functional import lazystr

from ideolab_accesslog import setting_types as types


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (types.SWITCH, [True, False, 1, 0], ["True", "", None, 2]),
        (types.POSITIVE, [1, 0.5], [0, -1, True, "1", None, float("nan")]),
        (types.PART, [0, 0.2, 1], [1.1, -0.1, True, "0.2"]),
        (types.SIZE, [1, 0.5, "1024", Decimal(3)], [0, -1, "", "many", None, float("nan"), float("inf")]),
        (types.TEXT, ["", "default", lazystr("default")], [b"default", None, 1]),
        (types.PATH, ["/tmp/x", Path("x")], ["", None, b"/tmp/x"]),
        (types.OPTIONAL_PATH, ["/tmp/x", "", None], [0, b"/tmp/x"]),
        (types.TEXTS, [[], ["/old/"], ("/old/",), {"/old/"}], ["/old/", [1], None]),
        (types.TEXTS, [[lazystr("/old/")]], [lazystr("/old/")]),
        (types.WORDS, [["sudo", "-n", Path("/x"), lazystr("x")]], ["sudo", [1], [b"sudo"], None]),
        (types.WHOLE_NUMBERS, [[200], [HTTPStatus.OK], range(200, 300)], ["200", ["200"], [True], 200]),
        (types.NETWORKS, [[], ["10.0.0.0/8", "::1"]], ["10.0.0.0/8", None, ["monitoring"]]),
        (types.PROXIES, [[], ["10.0.0.0/8"], ["nginx"]], ["10.0.0.0/8", None]),
        (
            types.TEXTS_BY_WORD,
            [{}, {"bot": ["a.example"]}, {"bot": []}],
            [[], {"": []}, {"bot": "a"}, {1: []}],
        ),
        (types.choice("log", "helper"), ["log"], ["Log", ["log"], None]),
    ],
)
def test_a_type_accepts_its_values_only(kind: types.SettingType, good: list[Any], bad: list[Any]) -> None:
    """Frequent mistakes are a value in quotes, and one text where a list is meant."""
    assert [value for value in good if not kind.accepts(value)] == []
    assert [value for value in bad if kind.accepts(value)] == []


def test_a_lazy_text_is_read_as_a_text() -> None:
    """What is no text stays for the check to name."""
    assert [type(types.TEXT.read(value)) for value in (lazystr("default"), "default", 1)] == [str, str, int]


def test_a_choice_reads_its_former_names() -> None:
    """They are accepted, but neither shown nor proposed."""
    rules = types.choice("segments", "substrings", former={"seed": "substrings"})

    assert (rules.text, rules.hint) == (
        '`"segments"` or `"substrings"`',
        "Choose one of segments, substrings.",
    )
    assert rules.words == ("segments", "substrings")
    assert rules.accepts("seed")
    assert rules.read("seed") == "substrings"
    assert [rules.read(value) for value in ("segments", "other", ["seed"])] == ["segments", "other", ["seed"]]
