"""share: whose failures are not fail2ban's, and what it costs to be spared."""

from __future__ import annotations

import random

import pytest

from ideolab_f2b.intake.client import key_of
from ideolab_f2b.intake.kind import Words
from ideolab_f2b.intake.limits.share import ANSWERS, LEAST_S, Served, Share
from ideolab_f2b.intake.text import Evidence

CARRIER, ATTACKER = b"198.51.100.7", b"198.51.100.9"
TIMEOUT, GARBAGE, SHOWN = Evidence.TIMEOUT, Evidence.GARBAGE, Evidence.SHOWN
#: the smallest maxretry of a jail that counts timeouts, less one
NO_BAN = 9


def written(share: Share, key: bytes, failures: int, evidence: Evidence = TIMEOUT) -> int:
    """Return how many of so many failures go on."""
    return sum(not share.is_spared(key, evidence) for _number in range(failures))


def answers(served: Served, key: bytes, count: int, now: float = 0.0) -> None:
    """One connection for each answer."""
    assert served.add([key + b" 200 1"] * count, now) == 0


def settled() -> Served:
    """Return the table of an intake that has run for long enough."""
    served = Served()
    served.add([], -LEAST_S)
    return served


def count(served: Served, key: bytes) -> float:
    """The answers that a client got lately."""
    return served.table.value(served.table.row(key))


def spread(failures: int, answered: int, seed: int, span_s: float = 300.0) -> int:
    """Return how many lines go on of a client whose answers and failures come in any order."""
    dice, served = random.Random(seed), Served()
    share, found = Share(served), 0
    kinds = [True] * failures + [False] * answered
    for when, is_failure in sorted((dice.uniform(0, span_s), kind) for kind in kinds):
        served.add([] if is_failure else [CARRIER + b" 200 1"], when)
        found += is_failure and not share.is_spared(CARRIER, TIMEOUT)
    return found


@pytest.mark.parametrize("failures", [15, 60, 100, 1000])
@pytest.mark.parametrize("seed", range(5))
def test_one_ratio_at_every_size(failures: int, seed: int) -> None:
    """Twenty-five answers for each failure: a carrier of any size is spared."""
    assert spread(failures, 25 * failures, seed) <= NO_BAN


def test_a_carrier_stays_spared_for_hours() -> None:
    """Also where one table follows the other."""
    assert spread(2000, 50_000, 1, span_s=6000.0) <= NO_BAN


def test_a_radio_cell_that_goes_dark() -> None:
    """Ninety failures within five seconds, beside fifty answers for each failure before."""
    served = Served()
    share, found = Share(served), 0
    for second in range(300):
        answers(served, CARRIER, 5, second)
        found += second % 10 == 9 and written(share, CARRIER, 1)
    for second in range(300, 305):
        served.add([], second)
        found += written(share, CARRIER, 18)
    assert found == 0
    # and when the people behind it are back
    for second in range(305, 900):
        answers(served, CARRIER, 5, second)
        found += second % 10 == 9 and written(share, CARRIER, 1)
    assert found == 0


@pytest.mark.parametrize("second", range(1, 60, 2))
def test_phones_that_vanish_right_after_a_start(second: int) -> None:
    """Fifteen at once, of a carrier that gets three answers a second; few are counted yet."""
    served = Served()
    for now in range(second + 1):
        answers(served, CARRIER, 3, now)

    assert written(Share(served), CARRIER, 15) == 0


def test_phones_that_vanish_where_tables_end_early() -> None:
    """Two tables of a few seconds each are as short as the time after a start."""
    served = Served(keys=200)
    for now in range(700):
        texts = [b"2001:db8:%x::1 200 1" % (now * 20 + one) for one in range(20)]
        served.add(texts + [CARRIER + b" 200 1"] * 3, now)

    assert served.table.value(served.table.row(CARRIER)) < 45
    assert written(Share(served), CARRIER, 15) == 0


def test_right_after_a_start_few_answers_hide_little() -> None:
    """None hide nothing, ten of half a minute stand for twenty, and garbage is compared as ever."""
    served = Served()
    share = Share(served)
    served.add([], 0.0)
    answers(served, ATTACKER, 10, 30.0)

    assert written(share, CARRIER, 15) == 15
    assert written(share, ATTACKER, 15) == 13
    assert written(share, ATTACKER, 3, GARBAGE) == 3


def test_failures_that_go_nowhere_count() -> None:
    """Of who is known; a flood of others makes no row."""
    served = settled()
    share = Share(served)
    answers(served, ATTACKER, 20 * ANSWERS[TIMEOUT])
    timeout = Words(b" client timed out", TIMEOUT)
    share.count([(ATTACKER, timeout)] * 18 + [(b"203.0.113.%d" % last, timeout) for last in range(200)])

    assert written(share, ATTACKER, 5) == 3
    assert list(served.table.rows) == [ATTACKER]


def test_a_48_of_fresh_64_cuts_nobodys_answers() -> None:
    """2,000 requests a second, each from another /64; the carrier has twenty answers for each failure."""
    served = Served()
    share, number, found = Share(served), 0, 0
    for second in range(60):
        texts = [b"2001:db8:9:%x::1 200 1" % ((number + one) % 65536) for one in range(2000)]
        number += 2000
        served.add(texts, second)
        answers(served, CARRIER, 1, second)
        found += second % 20 == 19 and written(share, CARRIER, 1)
    assert found == 0
    assert count(served, CARRIER) == 60


def test_many_48_cut_answers_and_failures_alike() -> None:
    """Whoever fills the tables takes nobody's share: both are of the same time."""
    served = Served(keys=1000)
    share, found = Share(served), 0
    for second in range(200):
        served.add([b"2001:db8:%x::1 200 1" % (second * 100 + one) for one in range(100)], second)
        answers(served, CARRIER, 2, second)
        found += second % 10 == 9 and written(share, CARRIER, 1)
    assert found <= NO_BAN
    assert count(served, CARRIER) < 100


def test_fifteen_timeouts_beside_375_answers_are_spared() -> None:
    """The phones of a carrier; an attacker elsewhere is not."""
    served = Served()
    share = Share(served)
    answers(served, CARRIER, 375)

    assert written(share, CARRIER, 15) == 0
    assert written(share, ATTACKER, 15) == 15


def test_who_gets_nothing_is_counted_from_the_first_line() -> None:
    """Also on a host whose nginx does not say what it answers."""
    assert written(Share(Served()), ATTACKER, 3) == 3


def test_a_few_answers_spare_nobody() -> None:
    """Eight for each failure are needed."""
    served = settled()
    share = Share(served)
    answers(served, ATTACKER, 3 * ANSWERS[TIMEOUT])

    assert written(share, ATTACKER, 20) == 17


def test_garbage_is_spared_far_later() -> None:
    """Nobody loses a radio and sends garbage: 130 answers hide none, and hide timeouts as before."""
    served = Served()
    share = Share(served)
    answers(served, ATTACKER, 130)
    assert written(share, ATTACKER, 3, GARBAGE) == 3
    assert written(share, ATTACKER, 16) == 0

    answers(served, CARRIER, 3 * ANSWERS[GARBAGE])
    assert written(share, CARRIER, 4, GARBAGE) == 1


def test_the_logs_are_counted_apart() -> None:
    """A stalled request may have a line in both."""
    served = Served()
    answers(served, CARRIER, 10 * ANSWERS[TIMEOUT])

    assert [written(Share(served, log), CARRIER, 10) for log in (0, 1)] == [0, 0]


def test_translated_clients_are_counted_one_by_one() -> None:
    """The answers of one IPv4 client spare no other behind the same translator."""
    served = Served()
    answers(served, b"64:ff9b::203.0.113.4", 1000)

    assert written(Share(served), key_of(b"64:ff9b::203.0.113.5"), 5) == 5


def test_answers_are_forgotten() -> None:
    """After ten minutes nobody lives on them."""
    served = Served()
    share = Share(served)
    answers(served, CARRIER, 800)
    served.add([], 1201.0)

    assert written(share, CARRIER, 5) == 5


def test_what_no_jail_counts_spends_no_failures() -> None:
    """A phone that closes its connections has a line for each, in mode extra only."""
    served = Served()
    share = Share(served)
    answers(served, CARRIER, 80)
    for _number in range(500):
        share.is_spared(CARRIER, SHOWN)

    assert written(share, CARRIER, 10) == 0


def test_a_long_connection_counts_by_tens() -> None:
    """nginx names the first ten requests of a connection, and then each tenth."""
    served = Served()
    served.add([b"198.51.100.7 200 %d" % number for number in (*range(1, 11), 20, 30)], 0.0)

    assert count(served, CARRIER) == 30


def test_a_64_is_one_client() -> None:
    """And an IPv4-mapped address is that of IPv4."""
    served = Served()
    served.add([b"2001:db8::1 200 1", b"2001:db8::2 304 1", b"::ffff:198.51.100.7 200 1"], 0.0)

    assert count(served, bytes.fromhex("20010db800000000") + b"/") == 2
    assert count(served, CARRIER) == 1


def test_what_is_no_answer_is_counted_as_malformed() -> None:
    """nginx writes none of these."""
    assert Served().add([b"", b"198.51.100.7", b"unix: 200 1", b"198.51.100.7 200 x"], 0.0) == 4
