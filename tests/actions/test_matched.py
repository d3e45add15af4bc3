"""matched: what our own lines tell, and that other lines tell nothing."""

from __future__ import annotations

import pytest

from ideolab_f2b.actions import matched

DATE = "2026-11-22T14:52:01.250+0000"
LINE = f"{DATE} connmon: suspect 198.51.100.7 scope=ip score=5 connections=40 mute=38 handshake=2 idle=0"


def test_a_line_of_connmon() -> None:
    """Its time to the millisecond, its numbers, its phases as a reason."""
    found = matched.last(f"something before\n{LINE}\n")

    assert found is not None
    assert (found.when, found.program, found.reason) == (1795359121.25, "connmon", "38 mute, 2 handshake")
    assert (found.number("score"), found.number("connections"), found.number("scope")) == (5, 40, None)


def test_a_line_of_a_person() -> None:
    """The reason is the person's; a line without a fraction has no time to measure by."""
    found = matched.last(
        '2026-11-22T14:52:01+0000 manual: ban 198.51.100.7 ttl=60 actor="al" reason="403 scan"'
    )

    assert found is not None
    assert (found.when, found.reason, found.words) == (None, "403 scan", {"ttl": "60"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"x {LINE}",
        f"Nov 22 host sshd[1]: Invalid user {LINE}",
        f"{LINE}\nx",
        LINE.replace("+0000", ""),
        f"{LINE} <b>",
    ],
)
def test_what_is_not_ours_tells_nothing(text: str) -> None:
    """A name or a path that looks like our line does not stand where it begins."""
    assert matched.last(text) is None


def test_a_date_that_is_none() -> None:
    """The words count all the same."""
    found = matched.last(LINE.replace("-11-22T", "-99-22T"))

    assert found is not None and (found.when, found.number("score")) == (None, 5)
