"""How values and faults are shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.functional import lazystr

from ideolab_accesslog.setting_types.reading import SettingFault, name_some, show


class Unwritable:
    """Has no text."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("é", "'é'"),
        ("\udcff", "'\\udcff'"),
        (lazystr("x"), "'x'"),
        (Unwritable(), "a value of the type Unwritable"),
        ("x" * 200, f"'{'x' * 99}…"),
    ],
)
def test_every_value_can_be_shown(value: Any, text: str) -> None:
    """In one short line that a terminal takes."""
    assert show(value) == text


def test_of_many_faults_some_are_named() -> None:
    """The last one says how many more there are."""
    faults = [SettingFault("value", f"holds {number}", "Write texts.") for number in range(30)]

    assert name_some(faults[:20]) == tuple(faults[:20])
    assert name_some(faults) == (
        *faults[:20],
        SettingFault("value", "has 10 more such entries", "Write texts."),
    )
