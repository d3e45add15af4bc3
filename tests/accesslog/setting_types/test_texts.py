"""Single texts, and what else means one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils.functional import lazystr

from ideolab_accesslog import setting_types as types

SINK = types.choice("queue", "spool", former={"seed": "queue"})


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (types.TEXT, ["", "default", lazystr("default")], [b"default", None, 1]),
        (types.PATH, ["/tmp/x", Path("x")], ["", None, b"/tmp/x", "/tmp/\0"]),
        (types.OPTIONAL_PATH, ["/tmp/x", "", None], [0, False, b"/tmp/x", []]),
        (
            types.HEADER,
            ["X-Real-IP", "x-real-ip", "HTTP_X_REAL_IP"],
            ["", None, "X Real", "REMOTE_ADDR", "é"],
        ),
        (SINK, ["queue", "seed"], ["Queue", ["queue"], None]),
    ],
)
def test_a_type_accepts_its_values_only(kind: types.SettingType, good: list[Any], bad: list[Any]) -> None:
    """A path object is a path, a list of one text is none."""
    assert [value for value in good if not kind.accepts(value)] == []
    assert [value for value in bad if kind.accepts(value)] == []


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        (types.TEXT, lazystr("default"), "default"),
        (types.HEADER, "HTTP_X_FORWARDED_FOR", "X-FORWARDED-FOR"),
        (types.HEADER, "x-forwarded-for", "x-forwarded-for"),
        (types.HEADER, "X_Forwarded_For", "X-Forwarded-For"),
        (types.HEADER, " X-Real-IP: ", "X-Real-IP"),
        (types.OPTIONAL_PATH, None, ""),
        (types.DATABASE_ALIAS, "default", "default"),
        (types.CACHE_ALIAS, lazystr("default"), "default"),
    ],
)
def test_every_notation_of_a_value_is_read_as_one(kind: types.SettingType, value: Any, read: str) -> None:
    """Django names a header in two ways; both are right, and nobody is told off."""
    assert kind.read(value, "the default") == (read, ())


@pytest.mark.parametrize(
    ("kind", "value", "meant"),
    [
        (types.HEADER, b"X-Real-IP", "X-Real-IP"),
        (types.HEADER, ["HTTP_X_REAL_IP"], "X-REAL-IP"),
        (types.PATH, b"/tmp/x", "/tmp/x"),
        (types.PATH, lazystr("/tmp/x"), "/tmp/x"),
        (types.OPTIONAL_PATH, False, ""),
        (types.CACHE_ALIAS, b"default", "default"),
        (SINK, "QUEUE", "queue"),
        (SINK, " spool ", "spool"),
    ],
)
def test_what_is_meant_without_doubt_is_taken(kind: types.SettingType, value: Any, meant: str) -> None:
    """With a warning that says what to write."""
    value_read, (fault,) = kind.read(value, "the default")

    assert (value_read, fault.kind, fault.hint) == (meant, "notation", f"Write {meant!r}.")


@pytest.mark.parametrize(
    ("kind", "value", "fault"),
    [
        (types.PATH, None, "value"),
        (types.PATH, "", "value"),
        (types.OPTIONAL_PATH, 1, "value"),
        (types.OPTIONAL_PATH, "/tmp/\0", "value"),
        (types.DATABASE_ALIAS, "nowhere", "database"),
        (types.DATABASE_ALIAS, ["default", "other"], "database"),
        (types.CACHE_ALIAS, "nowhere", "cache"),
        (types.CACHE_ALIAS, None, "cache"),
        (SINK, "quue", "choice"),
        (SINK, None, "choice"),
        (SINK, ["queue", "spool"], "choice"),
    ],
)
def test_for_what_nobody_understands_the_default_counts(
    kind: types.SettingType, value: Any, fault: str
) -> None:
    """An alias that does not exist is one of these: every use of it would raise."""
    reading = kind.read(value, "the default")

    assert (reading.value, [one.kind for one in reading.faults]) == ("the default", [fault])


@pytest.mark.parametrize("value", [None, "", 1, "X Real", ["X-Real-IP", "X-Forwarded-For"], b"\xff"])
def test_for_no_header_none_is_believed(value: Any) -> None:
    """The proxies may pass on the default one as the client wrote it."""
    reading = types.HEADER.read(value, "X-Forwarded-For")

    assert reading.value == ""
    assert [fault.hint for fault in reading.faults] == [
        "Write the name of one header: X-Forwarded-For. Until then no header is believed."
    ]


def test_a_choice_reads_its_former_names() -> None:
    """They are accepted, but neither shown nor proposed."""
    rules = types.choice("segments", "substrings", former={"seed": "substrings"})

    assert (rules.text, rules.hint) == (
        '`"segments"` or `"substrings"`',
        "Choose one of segments, substrings.",
    )
    assert rules.words == ("segments", "substrings")
    assert rules.read("segments", "x") == ("segments", ())
    value, (fault,) = rules.read("seed", "x")
    assert (value, fault.kind, fault.text) == (
        "substrings",
        "former",
        "is 'seed', the former name of 'substrings'",
    )
    assert rules.read("Seed", "x").value == "substrings"
