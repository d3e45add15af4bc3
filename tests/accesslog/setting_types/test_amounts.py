"""Switches and numbers, and what else means one."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from ideolab_accesslog import setting_types as types
from ideolab_accesslog.setting_types import show

NAN, INFINITY = float("nan"), float("inf")
#: no type takes one of these
NOTHING: list[Any] = [
    None,
    "",
    " ",
    b"",
    [],
    {},
    object(),
    "many",
    NAN,
    INFINITY,
    -INFINITY,
    10**400,
    -1,
    1j,
]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (types.SWITCH, [True, False, 1, 0], ["True", "", None, 2]),
        (types.POSITIVE, [1, 0.5, 315360000], [0, -1, True, "1", None, NAN, INFINITY, 1e-300, 315360001]),
        (types.COUNT, [1, 2.0, 10**9], [0, -1, True, "1", None, NAN, 0.5, 2.5, 10**9 + 1]),
        (types.COUNT_S, [1, 315360000], [0, 0.5, 315360001]),
        (types.PART, [0, 0.2, 1], [1.1, -0.1, True, "0.2"]),
        (types.SIZE, [1, 0.5, "1024", Decimal(3)], [0, -1, "", "many", None, NAN, INFINITY, True]),
    ],
)
def test_a_type_accepts_its_values_only(kind: types.SettingType, good: list[Any], bad: list[Any]) -> None:
    """A frequent mistake is a value in quotes."""
    assert [value for value in good if not kind.accepts(value)] == []
    assert [value for value in bad if kind.accepts(value)] == []


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        (types.SWITCH, "False", False),
        (types.SWITCH, " no ", False),
        (types.SWITCH, "0", False),
        (types.SWITCH, "off", False),
        (types.SWITCH, "True", True),
        (types.SWITCH, "YES", True),
        (types.POSITIVE, "1", 1),
        (types.POSITIVE, " 1.5 ", 1.5),
        (types.POSITIVE, Decimal("2.5"), 2.5),
        (types.POSITIVE, Fraction(1, 2), 0.5),
        (types.POSITIVE, timedelta(minutes=2), 120),
        (types.COUNT, "500", 500),
        (types.COUNT, 2.5, 2),
        (types.COUNT_S, timedelta(days=1), 86400),
        (types.PART, "0.2", 0.2),
    ],
)
def test_what_is_meant_without_doubt_is_taken(kind: types.SettingType, value: Any, meant: Any) -> None:
    """With a warning that says what to write."""
    value_read, (fault,) = kind.read(value, "the default")

    assert (value_read, type(value_read)) == (meant, type(meant))
    assert (fault.kind, fault.hint) == ("notation", f"Write {meant!r}.")


@pytest.mark.parametrize("value", NOTHING)
@pytest.mark.parametrize(
    "kind", [types.SWITCH, types.POSITIVE, types.COUNT, types.COUNT_S, types.PART, types.SIZE]
)
def test_for_what_nobody_understands_the_default_counts(kind: types.SettingType, value: Any) -> None:
    """And the fault names the value, if it can be written at all."""
    value_read, (fault,) = kind.read(value, "the default")

    assert value_read == "the default"
    assert fault.text == f"is {show(value)}"
    assert fault.hint.endswith(" Until then 'the default' counts.")
