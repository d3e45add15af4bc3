"""pipeline: what becomes of the lines of one log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone

from ideolab_f2b.intake import kind
from ideolab_f2b.intake.collapse import Collapse, Collapsed
from ideolab_f2b.intake.pipeline import Pipeline, format_summary

WHEN = datetime(2026, 11, 22, 14, 52, 1, tzinfo=timezone.utc)
LINE = b"2026/11/22 15:34:01 [info] 7#7: *%d client timed out while SSL handshaking, client: %s, server: x"


class Sheet:
    """Takes lines, and only so many at a time."""

    def __init__(self, room: int = 1000) -> None:
        self.lines: list[bytes] = []
        self._room = room

    def write(self, texts: Sequence[bytes]) -> int:
        self.lines += texts[: self._room]
        return min(self._room, len(texts))


def pipeline(sheet: Sheet, counts: Counter[str]) -> Pipeline:
    """Three lines of an address, ten of all."""
    return Pipeline(kind.classify_error, Collapse(3, 10), sheet, counts)


def test_a_flood_becomes_a_few_lines_and_a_summary() -> None:
    """The first three pass as they came; the others are a number in the next second."""
    sheet, counts = Sheet(), Counter[str]()
    lines = [LINE % (number, b"192.0.2.7") for number in range(500)]
    intake = pipeline(sheet, counts)

    assert intake.process(lines, 10.0, WHEN) is None
    assert intake.process([LINE % (501, b"192.0.2.8")], 11.0, WHEN) is None

    assert sheet.lines == [
        *lines[:3],
        b"2026-11-22T14:52:01.000+0000 intake: collapsed 192.0.2.7 lines=497 "
        b'kind=" client timed out while SSL handshaking"',
        LINE % (501, b"192.0.2.8"),
    ]
    assert counts == {"written": 4, "collapsed": 497, "summary": 1, "malformed": 0, "lost": 0}


def test_what_is_no_line_of_this_log_is_refused_and_shown() -> None:
    """The others of the batch are put down."""
    sheet, counts = Sheet(), Counter[str]()
    good = LINE % (1, b"192.0.2.7")

    assert (
        pipeline(sheet, counts).process([good, b'192.0.2.7 - - "GET /"', b""], 10.0, WHEN)
        == b'192.0.2.7 - - "GET /"'
    )
    assert (sheet.lines, counts["malformed"]) == ([good], 2)


def test_lines_that_find_no_place_are_counted_as_lost() -> None:
    """A full disk is in the metrics, too."""
    sheet, counts = Sheet(room=1), Counter[str]()
    pipeline(sheet, counts).process([LINE % (1, b"192.0.2.7"), LINE % (2, b"192.0.2.8")], 10.0, WHEN)

    assert (counts["written"], counts["lost"]) == (1, 1)


def test_the_last_window_is_told_too() -> None:
    """At a stop nobody waits for the second to be over."""
    sheet, counts = Sheet(), Counter[str]()
    intake = pipeline(sheet, counts)
    intake.process([LINE % (number, b"2001:db8::7") for number in range(5)], 10.0, WHEN)
    intake.end_window(float("inf"), WHEN)

    assert b" intake: collapsed 2001:db8::7 lines=2 kind=" in sheet.lines[-1]


def test_a_summary_without_a_name() -> None:
    """Of all that are not named: a dash where the address would be, and no kind."""
    assert (
        format_summary(Collapsed("", b"", 7), WHEN)
        == b"2026-11-22T14:52:01.000+0000 intake: collapsed - lines=7"
    )


def test_a_summary_repeats_no_byte_of_a_client() -> None:
    """The kind may hold what an application logged: it stands quoted, escaped, at the end."""
    assert format_summary(Collapsed("", b'[error] a"\n\xff', 7), WHEN) == (
        rb'2026-11-22T14:52:01.000+0000 intake: collapsed - lines=7 kind="[error] a\x22\x0a\xff"'
    )
