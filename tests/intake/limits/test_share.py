"""share: whose failures are not fail2ban's, and what it costs to be spared."""

from __future__ import annotations

from ideolab_f2b.intake.limits.share import ANSWERS, FEW, MANY_ANSWERS, Served, Share

CARRIER, ATTACKER = b"198.51.100.7", b"198.51.100.9"


def written(share: Share, key: bytes, failures: int) -> int:
    """Return how many of so many failures go on."""
    return sum(bool(share.add(key, True)) for _number in range(failures))


def answers(served: Served, key: bytes, count: int, now: float = 0.0) -> None:
    """One connection for each answer."""
    assert served.add([key + b" 200 1"] * count, now) == 0


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
    served = Served()
    share = Share(served)
    answers(served, ATTACKER, 3 * ANSWERS)

    assert written(share, ATTACKER, 20) == 17


def test_many_failures_cost_more() -> None:
    """From the 61st in five minutes on each needs 64 answers."""
    served = Served()
    share = Share(served)
    answers(served, CARRIER, FEW * ANSWERS)
    assert written(share, CARRIER, FEW + 20) == 20

    answers(served, CARRIER, 100 * MANY_ANSWERS)
    assert written(share, CARRIER, 15) == 0


def test_answers_are_forgotten() -> None:
    """After five minutes nobody lives on them."""
    served = Served()
    share = Share(served)
    answers(served, CARRIER, 800)
    served.add([], 601.0)

    assert written(share, CARRIER, 5) == 5


def test_what_no_jail_counts_spends_no_failures() -> None:
    """A phone that closes its connections has a line for each, in mode extra only."""
    served = Served()
    share = Share(served)
    answers(served, CARRIER, 80)
    for _number in range(500):
        share.add(CARRIER, False)

    assert written(share, CARRIER, 10) == 0


def test_a_long_connection_counts_by_tens() -> None:
    """nginx names the first ten requests of a connection, and then each tenth."""
    served = Served()
    served.add([b"198.51.100.7 200 %d" % number for number in (*range(1, 11), 20, 30)], 0.0)

    assert served.count(CARRIER) == 30


def test_a_64_is_one_client() -> None:
    """And an IPv4-mapped address is that of IPv4."""
    served = Served()
    served.add([b"2001:db8::1 200 1", b"2001:db8::2 304 1", b"::ffff:198.51.100.7 200 1"], 0.0)

    assert served.count(bytes.fromhex("20010db800000000") + b"/") == 2
    assert served.count(CARRIER) == 1


def test_what_is_no_answer_is_counted_as_malformed() -> None:
    """nginx writes none of these."""
    assert Served().add([b"", b"198.51.100.7", b"unix: 200 1", b"198.51.100.7 200 x"], 0.0) == 4
