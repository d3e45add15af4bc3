"""pipeline: what becomes of the lines of one log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Optional

from ideolab_f2b.intake import kind
from ideolab_f2b.intake.limits.budget import Budget
from ideolab_f2b.intake.limits.collapse import Collapse, Collapsed
from ideolab_f2b.intake.limits.share import Served, Share
from ideolab_f2b.intake.pipeline import Grammar, Pipeline, format_summary

GARBAGE = (
    b"2026/11/22 15:34:01 [info] 7#7: *1 client sent invalid method while reading client request line, "
    b'client: %s, server: s, request: "zz' + b"x" * 1750 + b'"'
)
WHEN = datetime(2026, 11, 22, 14, 52, 1, tzinfo=timezone.utc)
LINE = b"2026/11/22 15:34:01 [info] 7#7: *%d client timed out while SSL handshaking, client: %s, server: x"


class Sheet:
    """Takes lines, and only so many at a time."""

    def __init__(self, room: int = 1000) -> None:
        self.lines: list[bytes] = []
        self.bytes_written = 0
        self._room = room

    def write(self, texts: Sequence[bytes]) -> int:
        self.lines += texts[: self._room]
        self.bytes_written += sum(map(len, texts))
        return min(self._room, len(texts))


def pipeline(
    sheet: Sheet, counts: Counter[str], served: Optional[Served] = None, bytes_hour: int = 100_000
) -> Pipeline:
    """Three lines of an address, ten of all."""
    share = Share(served or Served())
    grammar = Grammar(kind.classify_error, kind.write_error)
    return Pipeline(grammar, share, Collapse(3, 10), Budget(bytes_hour), sheet, counts)


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
    assert +counts == {"written": 4, "collapsed": 497, "summary": 1}


def test_an_alert_of_nginx_is_counted_and_not_written() -> None:
    """No filter reads it; who reads the counter tells connmon."""
    sheet, counts = Sheet(), Counter[str]()
    alert = b"2026/11/22 15:34:01 [alert] 7#7: 512 worker_connections are not enough"

    assert pipeline(sheet, counts).process([alert, LINE % (1, b"192.0.2.7"), alert], 10.0, WHEN) is None

    assert sheet.lines == [LINE % (1, b"192.0.2.7")]
    assert +counts == {"written": 1, "unread": 2, "alerts": 2}


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

    assert b" intake: collapsed 2001:db8::/64 lines=2 kind=" in sheet.lines[-1]


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


def test_what_no_filter_reads_is_only_counted() -> None:
    """Ten thousand paths that name other clients take the place of no line."""
    sheet, counts = Sheet(), Counter[str]()
    path = b'open() "/style.css, client: 198.51.%d.%d, server: x" failed (2: x), client: 192.0.2.9, s'
    flood = [b"2026/11/22 15:34:01 [error] 7#7: *%d " % n + path % (n % 250, n % 199) for n in range(10_000)]
    pipeline(sheet, counts).process([*flood, LINE % (1, b"192.0.2.7")], 10.0, WHEN)

    assert sheet.lines == [LINE % (1, b"192.0.2.7")]
    assert +counts == {"unread": 10_000, "written": 1}


def test_sixty_addresses_of_a_64_are_one_client() -> None:
    """fail2ban reads the /64 in each line, so its maxretry is that of the /64."""
    sheet, counts = Sheet(), Counter[str]()
    lines = [LINE % (number, b"2001:db8:0:7::%x" % number) for number in range(60)]
    pipeline(sheet, counts).process(lines, 10.0, WHEN)

    assert [line.partition(b", client: ")[2] for line in sheet.lines] == [b"2001:db8:0:7::/64, server: x"] * 3


def test_failures_of_who_is_served_are_spared() -> None:
    """And those of nobody else."""
    sheet, counts, served = Sheet(), Counter[str](), Served()
    served.add([b"192.0.2.7 200 1"] * 375, 10.0)
    lines = [LINE % (number, b"192.0.2.%d" % last) for number in range(2) for last in (7, 8)]
    pipeline(sheet, counts, served).process(lines, 10.0, WHEN)

    assert counts["spared"] == 2
    assert [line.partition(b", client: ")[2] for line in sheet.lines] == [b"192.0.2.8, server: x"] * 2


def test_silent_connections_at_a_front_are_spared_too() -> None:
    """Beside the answers of the server behind it; who gets nothing is counted."""
    line = (
        b'{"ip":"192.0.2.%d","time":"2026-11-22T15:34:01+00:00","status":"200","sess":10.003,'
        b'"in":0,"out":0,"pre":"","sni":"","alpn":""}'
    )
    sheet, counts, served = Sheet(), Counter[str](), Served()
    served.add([b"192.0.2.7 200 1"] * 375, 10.0)
    grammar = Grammar(kind.classify_access, kind.write_access)
    intake = Pipeline(grammar, Share(served, 1), Collapse(50, 100), Budget(100_000), sheet, counts)
    intake.process([line % last for last in (7, 8)] * 15, 10.0, WHEN)

    assert sheet.lines == [line % 8] * 15
    assert counts["spared"] == 15


def test_a_flood_is_not_spared_for_its_first_lines() -> None:
    """A thousand timeouts a second beside 420 cheap answers: those without a line are failures too."""
    sheet, counts, served = Sheet(), Counter[str](), Served()
    intake = Pipeline(
        Grammar(kind.classify_error, kind.write_error),
        Share(served),
        Collapse(50, 5000),
        Budget(2**20),
        sheet,
        counts,
    )
    served.add([], -600.0)
    for second in range(3):
        served.add([b"192.0.2.7 200 1"] * 420, float(second))
        intake.process([LINE % (number, b"192.0.2.7") for number in range(1000)], float(second), WHEN)

    assert (counts["collapsed"], counts["spared"], counts["written"]) == (2850, 50, 100)


def test_a_log_that_grows_too_fast_keeps_room_for_who_is_new() -> None:
    """A client with many lines stops first."""
    sheet, counts = Sheet(), Counter[str]()
    intake = pipeline(sheet, counts, bytes_hour=20_000)
    for second in range(120):
        intake.process([LINE % (n, b"192.0.2.7") for n in range(3)], 10.0 + second, WHEN)
    intake.process([LINE % (1, b"198.51.100.8")], 130.0, WHEN)

    assert 150 < counts["written"] < 250
    assert counts["over_budget"] == 361 - counts["written"]
    assert sheet.lines[-1] == LINE % (1, b"198.51.100.8")


def test_the_owner_of_a_48_cannot_empty_the_budget() -> None:
    """Long garbage from fresh /64 for an hour; who is new elsewhere always gets a ban's worth of lines."""
    counts, size = Counter[str](), 2**18
    sheet, served = Sheet(), Served()
    grammar = Grammar(kind.classify_error, kind.write_error)
    intake = Pipeline(grammar, Share(served), Collapse(50, 5000), Budget(size), sheet, counts)
    number = 0
    for second in range(3600):
        flood = [GARBAGE % (b"2001:db8:1:%x::1" % ((number + one) % 65536)) for one in range(20)]
        number += 20
        fresh = GARBAGE % (b"203.0.%d.5" % (second // 60))
        intake.process(flood + [fresh] * (second % 60 in (10, 11, 12)), float(second), WHEN)
    text = b"\n".join(sheet.lines)

    assert counts["over_budget"] > 50_000
    assert sheet.bytes_written < 2 * size
    assert max(map(len, sheet.lines)) < 250
    assert {text.count(b"client: 203.0.%d.5," % minute) for minute in range(60)} == {3}
