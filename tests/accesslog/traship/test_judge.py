"""What follows from offences: lines, rows, signals, bans."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ideolab_accesslog.access.offences import NewestOffences
from ideolab_accesslog.firewall import calls
from ideolab_accesslog.signals import dropped
from ideolab_accesslog.signals import offence as offence_signal
from ideolab_accesslog.traship import judge, log, rows
from ideolab_accesslog.traship.judge import OffenceJudge, burst_points
from ideolab_accesslog.traship.offence import CROSS_SITE, Offence, OffenceSum
from ideolab_accesslog.traship.turn import Turn

ADDRESS = "198.51.100.7"
NOW = 2_000_000_000.0


def offence(path: str, rule: str = "", address: str = ADDRESS) -> Offence:
    return Offence(address, NOW, rule, 403 if rule else 404, "GET", path, "curl/8")


@pytest.fixture(autouse=True)
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the lines that would be written; no test writes a file."""
    paths: list[str] = []
    monkeypatch.setattr(log, "write", lambda one: paths.append(one.path))
    return paths


@pytest.fixture(autouse=True)
def no_offence_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests have no table; tests/accesslog/access/test_offences.py has."""
    monkeypatch.setattr(NewestOffences, "write", lambda *_arguments: None)


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """The hits that are written to the row of each address."""
    hits: dict[str, int] = {}

    def write(sums: dict[str, OffenceSum]) -> None:
        hits.update({address: hits.get(address, 0) + total.hits for address, total in sums.items()})

    monkeypatch.setattr(rows, "write", write)
    return hits


@pytest.fixture
def signalled() -> Iterator[list[tuple[str, int]]]:
    """Reason and count of each signal."""
    heard: list[tuple[str, int]] = []

    def hear(reason: str, count: int, **_others: Any) -> None:
        heard.append((reason, count))

    offence_signal.connect(hear)
    yield heard
    offence_signal.disconnect(hear)


def test_a_sensitive_path_has_consequences_once(
    lines: list[str], written: dict[str, int], signalled: list[tuple[str, int]]
) -> None:
    """One line and one signal; every request counts in the row."""
    judge = OffenceJudge()

    judge.process([offence("/.env", "dotfile"), offence("/.env", "dotfile")])
    judge.process([offence("/.env", "dotfile")])

    assert lines == ["/.env"]
    assert signalled == [("sensitive_path", 2)]
    assert written == {ADDRESS: 3}


def test_missing_pages_are_a_burst_from_the_limit_on(
    lines: list[str], written: dict[str, int], signalled: list[tuple[str, int]], settings: Any
) -> None:
    """The page that reaches the limit has the first line."""
    settings.TRASHIP_404_DISTINCT = 3

    OffenceJudge().process([offence(f"/{number}") for number in range(4)])

    assert lines == ["/2", "/3"]
    assert signalled == [("404_burst", 4)] * 2
    assert written == {ADDRESS: 4}


def test_a_single_missing_page_waits(written: dict[str, int]) -> None:
    """Until a second one comes."""
    judge = OffenceJudge()
    judge.process([offence("/a")])
    assert written == {}

    judge.process([offence("/b")])
    assert written == {ADDRESS: 2}


def test_a_line_of_a_request_is_not_written_again(lines: list[str], written: dict[str, int]) -> None:
    """Plain missing pages, and addresses that are never banned, get no line in the request."""
    judge = OffenceJudge()
    for one in (offence("/.env", "dotfile"), offence("/a"), offence("/.git", "dotfile", "127.0.0.1")):
        judge.write_line_now(one)
        judge.write_line_now(one)
    assert lines == ["/.env"]

    judge.process([offence("/.env", "dotfile")])
    assert lines == ["/.env"]


def test_one_ban_for_an_address_within_the_pause(
    lines: list[str], written: dict[str, int], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRASHIP_AUTO_BAN: other processes need a moment to read the ban."""
    settings.TRASHIP_AUTO_BAN = True
    settings.TRASHIP_404_DISTINCT = 2
    bans: list[tuple[list[str], dict[str, Any]]] = []
    monkeypatch.setattr(calls, "ban", lambda addresses, **words: bans.append((addresses, words)))
    judge = OffenceJudge()

    judge.process([offence("/.env", "dotfile")])
    judge.process([offence("/.git", "dotfile")])

    assert bans == [([ADDRESS], {"seconds": 86400, "actor": "traship", "reason": "sensitive_path"})]


def test_what_waits_is_bounded(written: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """The addresses that have waited longest are dropped, and counted."""
    monkeypatch.setattr(judge, "WAITING_MAX", 2)
    counts: list[int] = []

    def hear(count: int, **_others: Any) -> None:
        counts.append(count)

    dropped.connect(hear)
    judged = OffenceJudge()
    judged.process([offence("/a", address=f"198.51.100.{number}") for number in range(3)])
    judged.process([offence("/.env", "dotfile", "2001:db8::7")])
    dropped.disconnect(hear)

    assert counts == [1, 1]
    assert written == {"2001:db8::7": 1}


def test_single_missing_pages_are_bounded_without_any_row(
    written: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One from each of many networks; who is due for a row stays before them."""
    monkeypatch.setattr(judge, "WAITING_MAX", 20)
    monkeypatch.setattr(judge, "ROWS_OF_A_TURN", 0)
    judged = OffenceJudge()
    judged.process([offence("/.env", "dotfile")])
    for turn in range(3):
        judged.process([offence("/a", address=f"2001:db8:{turn}:{number}::/64") for number in range(20)])

    assert len(judged._waiting) == 20
    assert next(iter(judged._waiting)) == ADDRESS


class Clock:
    """Moves on by a second whenever it is asked."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


def make_turn(seconds: float) -> Turn:
    """A turn that has time for so many offences, and never rests."""
    return Turn(seconds, used=lambda: 0.0, pause=lambda _seconds: None, now=Clock())


def test_a_turn_ends_between_two_offences(lines: list[str], written: dict[str, int]) -> None:
    """Also between two of one address; the others wait, and nobody else's are lost or counted twice."""
    judged = OffenceJudge()
    waiting = iter(
        [offence(f"/.env{number}", "dotfile", f"198.51.100.{number % 3}") for number in range(300)]
    )
    for _ in range(200):
        before = len(lines)
        judged.process(waiting, make_turn(7))
        assert len(lines) - before <= 7

    assert (len(lines), len(set(lines))) == (300, 300)
    assert written == {f"198.51.100.{number}": 100 for number in range(3)}


def test_an_error_costs_the_offences_of_one_address(
    lines: list[str], written: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the others stay for the next turn."""
    judged = OffenceJudge()
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(judged._window, "add_hits", lambda _address, _count: 1 // 0)
        judged.process([offence(f"/{n}", "dotfile", f"198.51.100.{n}") for n in range(3)])
    judged.process([])

    assert len(judged._taken) == 0
    assert len(written) == 2


def many_bans(count: int) -> list[Offence]:
    """Offences for which so many addresses are banned, in their order."""
    return [
        offence(f"/.env{path}", "dotfile", f"198.51.{number // 250}.{number % 250}")
        for number in range(count)
        for path in range(2)
    ]


@pytest.fixture
def bans(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The addresses of each call that bans."""
    settings.TRASHIP_AUTO_BAN = True
    settings.TRASHIP_404_DISTINCT = 4
    made: list[list[str]] = []
    monkeypatch.setattr(calls, "ban", lambda addresses, **_words: made.append(addresses))
    return made


def test_who_came_first_is_banned_first(written: dict[str, int], bans: list[list[str]]) -> None:
    """Many with one call; those for whom there is no time wait for the next turn, and none is left out."""
    judged = OffenceJudge()
    judged.process(many_bans(250))
    assert [len(some) for some in bans] == [100, 100, 50]
    assert bans[0][0] == "198.51.0.0"

    judged._to_ban = {f"198.51.9.{number}": "sensitive_path" for number in range(250)}
    bans.clear()
    for _ in range(3):
        judged.process([], make_turn(-1.0))
    assert [some[0] for some in bans] == ["198.51.9.0", "198.51.9.100", "198.51.9.200"]


def test_bans_wait_for_a_database_that_is_down(
    written: dict[str, int], bans: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no more of them than memory is meant for; who does not fit is counted."""
    monkeypatch.setattr(judge, "TO_BAN_MAX", 3)
    counts: list[int] = []

    def hear(count: int, **_others: Any) -> None:
        counts.append(count)

    def fail(_addresses: list[str], **_words: Any) -> None:
        raise OSError("no database")

    judged = OffenceJudge()
    with monkeypatch.context() as patch:
        patch.setattr(calls, "ban", fail)
        with pytest.raises(OSError, match="no database"):
            judged.process(many_bans(5))
    dropped.connect(hear)
    judged.process([])
    dropped.disconnect(hear)

    assert bans == [["198.51.0.0", "198.51.0.1", "198.51.0.2"]]
    assert counts == [2]


def test_a_clock_that_is_set_back_keeps_no_ban(
    written: dict[str, int], bans: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause after a ban is on a clock that nobody sets."""
    judged, now = OffenceJudge(), [1000.0]
    monkeypatch.setattr(judge, "monotonic", lambda: now[0])
    judged.process(many_bans(1))
    monkeypatch.setattr(judge, "time", lambda: 0.0)
    now[0] += 61
    judged.process([offence("/.git", "dotfile", "198.51.0.0")])

    assert bans == [["198.51.0.0"]] * 2


def test_old_offences_are_forgotten(written: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that was missed once, a window ago, is a mistake."""
    now = [NOW]
    monkeypatch.setattr(judge, "time", lambda: now[0])
    judged = OffenceJudge()
    judged.process([offence("/a")])
    judged.forget_old()
    assert list(judged._waiting) == [ADDRESS]

    now[0] += 601
    judged.forget_old()
    assert list(judged._waiting) == []
    assert written == {}


def test_the_cache_is_asked_about_some_at_a_time(
    written: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand keys are too many for one question; each has its turn."""
    monkeypatch.setattr(judge, "ASKED", 2)
    monkeypatch.setattr(judge, "time", lambda: NOW)
    asked: list[list[str]] = []

    def find(addresses: list[str]) -> set[str]:
        asked.append(addresses)
        return {"198.51.100.4"}.intersection(addresses)

    judged = OffenceJudge()
    monkeypatch.setattr(judged._window, "find_returning", find)
    judged.process([offence("/a", address=f"198.51.100.{number}") for number in range(5)])
    for _ in range(3):
        judged.forget_old()

    assert [len(some) for some in asked] == [2, 2, 2]
    assert {address for some in asked for address in some} == {f"198.51.100.{number}" for number in range(5)}
    assert (written, len(judged._waiting)) == ({"198.51.100.4": 1}, 4)


@pytest.mark.parametrize(("count", "points"), [(1, 20), (199, 20), (200, 5), (10_000, 5)])
def test_many_requests_need_fewer_points(count: int, points: int) -> None:
    """A quarter after TRASHIP_404_THRESHOLD."""
    assert burst_points(count) == points


def test_excused_offences_are_told_where_others_would_be(
    lines: list[str], written: dict[str, int], signalled: list[tuple[str, int]], settings: Any
) -> None:
    """With their own reason, apart from the counts of the address."""
    settings.TRASHIP_404_DISTINCT = 3
    judged = OffenceJudge()

    judged.process([offence(f"/{number}")._replace(excuse=CROSS_SITE) for number in range(4)])
    judged.process([offence("/.env", "dotfile")._replace(excuse=CROSS_SITE)] * 2)
    judged.process([offence("/.env", "dotfile", "127.0.0.1")._replace(excuse=CROSS_SITE)])
    assert lines == ["/2", "/3", "/.env"]
    assert signalled == [("cross_site", 1)] * 4
    assert written == {ADDRESS: 6, "127.0.0.1": 1}

    lines.clear()
    judged.process([offence("/7"), offence("/8"), offence("/.env", "dotfile")])
    assert lines == ["/.env"]


def test_no_number_of_excused_offences_is_a_ban(
    lines: list[str], written: dict[str, int], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor do they lower the limit for the others."""
    settings.TRASHIP_AUTO_BAN = True
    bans: list[list[str]] = []
    monkeypatch.setattr(calls, "ban", lambda addresses, **_words: bans.append(addresses))
    judged = OffenceJudge()

    judged.process([offence(f"/.env{n}", "dotfile")._replace(excuse=CROSS_SITE) for n in range(500)])
    judged.process([offence(f"/{number}") for number in range(19)])
    assert bans == []
    judged.write_line_now(offence("/.git", "dotfile")._replace(excuse=CROSS_SITE))
    assert (len(lines), "/.git" in lines) == (100, False)

    judged.process([offence("/19")])
    assert bans == [[ADDRESS]]


@pytest.mark.parametrize(("address", "reason"), [("127.0.0.1", "loopback"), ("::1", "loopback")])
def test_the_log_says_why_fail2ban_hears_nothing(
    lines: list[str], written: dict[str, int], caplog: pytest.LogCaptureFixture, address: str, reason: str
) -> None:
    """Once, when a line would have been written, and with the way out."""
    judged = OffenceJudge()
    judged.process([offence("/nope", address=address)])
    assert caplog.text == ""

    judged.process([offence(f"/.env{number}", "dotfile", address) for number in range(5)])
    judged.process([offence("/.git", "dotfile", address)])
    assert lines == []
    assert caplog.messages == [
        f"TrashIP: {address} is counted, but fail2ban is never told of it and it is never banned: {reason}."
        " If visitors come from there, it is a proxy: name it in ACCESSLOG_TRUSTED_PROXIES (docs/django.md)"
    ]


def test_the_log_says_so_for_each_reason(
    lines: list[str], written: dict[str, int], settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of the settings, too."""
    settings.TRASHIP_NEVER_BAN = ["198.51.100.0/24"]
    judged = OffenceJudge()
    for address in ("198.51.100.7", "198.51.100.8", "169.254.0.7"):
        judged.process([offence("/.env", "dotfile", address)])

    assert [message.partition(": ")[2].partition(" is")[0] for message in caplog.messages] == [
        "198.51.100.7",
        "169.254.0.7",
    ]
    assert "198.51.100.0/24 of TRASHIP_NEVER_BAN" in caplog.text


def test_pages_that_the_site_itself_misses_add_up_apart(
    lines: list[str], written: dict[str, int], settings: Any
) -> None:
    """A quarter of a burst at most, each URL pattern once, and never with a line of their own."""
    settings.TRASHIP_404_DISTINCT = 8
    judged = OffenceJudge()

    judged.process([offence(f"/item/{n}/")._replace(pattern="item/<int:pk>/") for n in range(300)])
    judged.process([offence(f"/{n}")._replace(pattern=f"{n}/") for n in range(30)])
    assert lines == []
    judged.process([offence(f"/nope-{n}") for n in range(7)])
    assert lines == ["/nope-5", "/nope-6"]
    assert written == {ADDRESS: 337}
