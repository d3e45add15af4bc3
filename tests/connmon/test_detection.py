"""Detection on the recorded runs of the lab: 100 classes of clients, three configurations of nginx."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ideolab_f2b.config import Connmon
from ideolab_f2b.connmon.pressure.gauge import ALWAYS_CALM, ALWAYS_EXHAUSTED
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.connmon.suspects.detector import Detector
from ideolab_f2b.kernel.sockets.row import Connection
from tests.connmon import confusion
from tests.connmon.confusion import MANY, RUNS, Seen, Series

#: classes that hold eight or more connections at once in a hostile phase in every run
ALWAYS = {
    "tcp_silent", "tcp_silent6", "ch_dribble", "ch_half", "ch_nofinish", "tls_silent", "tls_silent6",
    "tls_silent_alpn_h2", "slow_headers", "slow_reqline", "slow_body", "slow_read_zero", "slow_read_drip",
    "h2_slow_body", "slowhttptest_H", "slowhttptest_B", "slowhttptest_X",
}  # fmt: skip
#: found by what they do, and by being in step; what is missing here nginx ends before anybody can be sure
CAUGHT = {
    "stock": ALWAYS | {"slow_body15", "slow_body_static", "ka_idle", "ka_refresh8", "h2_idle"},
    "seed": ALWAYS | {"slow_body_static", "ka_refresh8"},
    "hard": ALWAYS | {"slow_body15", "ka_idle", "ka_refresh8"},
}
IN_STEP = {"ka_idle", "ka_refresh8", "h2_idle"}
#: the first one's second byte comes after 15 s, and before that it looks like a request that waits for its
#: answer; of the other the recording has no second snapshot until five seconds after the first
PATIENT = {"slow_body15": 20.0, "slow_read_zero": 18.0}
ORIGINALS = confusion.REPOSITORY.parent / "shared" / "fixtures" / "nginx"


@pytest.fixture(scope="module")
def series() -> dict[str, Series]:
    return {name: confusion.run(name) for name in RUNS}


@pytest.fixture(scope="module")
def seen(series: dict[str, Series]) -> dict[str, dict[str, Seen]]:
    return {name: confusion.replay(one) for name, one in series.items()}


def check(found: dict[str, Seen], caught: set[str]) -> None:
    """The right ones, and nobody else."""
    assert confusion.suspects(found, "no") == set()
    assert confusion.suspects(found, "grey") == set()
    assert confusion.suspects(found, "ban") == caught
    assert [one.suspect for one in found.values() if one.suspect and one.suspect.scope == "net"] == []


@pytest.mark.parametrize("name", RUNS)
def test_confusion(seen: dict[str, dict[str, Seen]], name: str) -> None:
    """Every class is found or spared as the table says; the table is printed."""
    print(confusion.table({name: seen[name]}))
    check(seen[name], CAUGHT[name])


@pytest.mark.parametrize("name", RUNS)
def test_who_holds_eight_hostile_connections_is_a_suspect_within_15_s(
    seen: dict[str, dict[str, Seen]], name: str
) -> None:
    """Counted from the first snapshot in which the address holds eight connections at all."""
    late = {}
    for address, known in confusion.classes().items():
        one = seen[name].get(address)
        if known.wanted == "ban" and one and confusion.hostile(one) >= MANY and known.name not in IN_STEP:
            assert one.found is not None and one.many is not None, known
            if one.found - one.many > PATIENT.get(known.name, 15.0):
                late[known.name] = one.found - one.many
    assert late == {}


@pytest.mark.parametrize("name", RUNS)
def test_idle_floods_are_told_within_40_s(seen: dict[str, dict[str, Seen]], name: str) -> None:
    """A flood in step is told from the NAT once it has been in step for three quiet times."""
    known = confusion.classes()
    times = {known[address].name: one.found for address, one in seen[name].items() if address in known}
    assert all((times[flood] or 0.0) <= 40.0 for flood in IN_STEP & CAUGHT[name])


@pytest.mark.parametrize("measure", [ALWAYS_CALM, ALWAYS_EXHAUSTED], ids=["calm", "exhausted"])
@pytest.mark.parametrize("name", RUNS)
def test_nobody_honest_is_named_however_full_the_server_is(
    series: dict[str, Series], name: str, measure: confusion.Measure
) -> None:
    """Nor is a client about which opinions differ.

    But for sixty people behind one address who come while nginx is full and keep idle connections: a full
    nginx closes such connections first, and the recorded one had room.
    """
    found = confusion.replay(series[name], measure=measure)
    assert confusion.suspects(found, "no") | confusion.suspects(found, "grey") <= {"nat60"}


@pytest.mark.parametrize("name", RUNS)
def test_a_calm_server_is_patient_with_moderate_numbers(series: dict[str, Series], name: str) -> None:
    """Dozens are named, and half hellos; a program that is in step is not."""
    found = confusion.suspects(confusion.replay(series[name], measure=ALWAYS_CALM), "ban")
    assert {"tcp_silent", "tls_silent", "ch_half", "ch_dribble", "slow_headers", "slowhttptest_H"} <= found
    assert not found & {"ka_idle", "ka_refresh8", "h2_idle", "slow_read_drip", "h2_slow_body"}


@pytest.mark.parametrize("name", RUNS)
def test_a_network_with_neighbours_is_no_suspect(seen: dict[str, dict[str, Seen]], name: str) -> None:
    """A hundred addresses with one silent connection each, among clients that are served in the same /24."""
    assert seen[name]["203.0.113.0/24"].suspect is None


@pytest.mark.parametrize("name", RUNS)
def test_the_originals_say_the_same(seen: dict[str, dict[str, Seen]], name: str) -> None:
    """The committed copies leave nothing out that matters."""
    path = ORIGINALS / f"1.22.1-{name}" / "ss.txt.gz"
    if not path.is_file():
        pytest.skip("the recordings are not beside this checkout")
    assert confusion.replay(confusion.load(path)) == seen[name]


def test_the_page_is_up_to_date(seen: dict[str, dict[str, Seen]]) -> None:
    """docs/detection.md holds this very table: python3 -m tests.connmon.confusion writes it."""
    text = confusion.PAGE.read_text()
    assert text == confusion.page(text, confusion.table(seen))


def each(change: Callable[[Connection], Connection]) -> Callable[[Series], Series]:
    return lambda series: confusion.change_all(series, change)


def every_five_seconds(offset: float) -> Callable[[Series], Series]:
    """A snapshot each 5 s, the first one `offset` seconds after the lab began."""

    def thinned(series: Series) -> Series:
        taken, due = [], series[0].when + offset
        for snapshot in series:
            if snapshot.when >= due:
                taken.append(snapshot)
                due = snapshot.when + 4.7
        return taken

    return thinned


def as_the_daemon(offset: float) -> Callable[[Series], Series]:
    """A snapshot each 5 s, and in between when the findings say that something ripens."""

    def thinned(series: Series) -> Series:
        taken, due, detector = [], series[0].when + offset, Detector(Connmon())
        for snapshot in series:
            if snapshot.when >= due:
                taken.append(snapshot)
                ripe = detector.judge(snapshot).old_enough_in_s
                due = snapshot.when + min(4.7, 4.7 if ripe is None else ripe + 0.1)
        return taken

    return thinned


def clock_that_is_set(series: Series) -> Series:
    """An hour ahead after ten snapshots, two hours back after twenty."""
    return [
        Snapshot(one.when + 3600 * (number > 10) - 7200 * (number > 20), one.port, one.rows)
        for number, one in enumerate(series)
    ]


def longer_chain(row: Connection) -> Connection:
    return row._replace(acked=row.acked + 2500 * bool(row.acked), data_segs_out=row.data_segs_out + 2)


def tls12(row: Connection) -> Connection:
    """A shorter hello, no tickets of 1.3."""
    received = row.received - 150 if row.received >= 517 else row.received
    return row._replace(received=received, acked=max(row.acked - 200, min(row.acked, 1)))


def post_quantum(row: Connection) -> Connection:
    """A hello of two segments, and a server's share of 1,120 bytes instead of 32."""
    if row.received < 517:
        return row
    longer = row._replace(received=row.received + 1230, data_segs_in=row.data_segs_in + 1)
    return longer._replace(acked=row.acked + 1088 * bool(row.acked))


def older(row: Connection) -> Connection:
    """As where quiet connections live for minutes (nginx 1.18: http2_idle_timeout 180 s)."""
    if min(row.lastsnd_ms, row.lastrcv_ms) < 8000:
        return row
    return row._replace(lastsnd_ms=row.lastsnd_ms + 120_000, lastrcv_ms=row.lastrcv_ms + 120_000)


def dual_stack(row: Connection) -> Connection:
    if row.family != 2:
        return row
    return row._replace(family=10, peer=bytes(10) + b"\xff\xff" + row.peer[:4])


VARIANTS = {
    **{f"as the daemon, {offset} s later": as_the_daemon(offset) for offset in range(5)},
    "a longer certificate chain": each(longer_chain),
    "TLS 1.2": each(tls12),
    "post-quantum hellos": each(post_quantum),
    "ss without -o": each(lambda row: row._replace(timer=0, retrans=0)),
    "ss without rwnd_limited": each(lambda row: row._replace(busy_us=0, rwnd_limited_us=0)),
    "ss without -e": each(lambda row: row._replace(inode=-1, cookie=(row.peer, row.peer_port_be))),
    "a dual-stack listener": each(dual_stack),
    "a clock that is set": clock_that_is_set,
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", RUNS)
def test_variants(series: dict[str, Series], name: str, variant: str) -> None:
    """Other servers, other clients, other versions of ss and other moments of looking: the same suspects."""
    check(confusion.replay(VARIANTS[variant](series[name])), CAUGHT[name])


@pytest.mark.parametrize("offset", range(5))
def test_a_snapshot_each_five_seconds(series: dict[str, Series], offset: int) -> None:
    """Where connections live for a minute, five seconds between snapshots lose nobody."""
    check(confusion.replay(every_five_seconds(offset)(series["stock"])), CAUGHT["stock"])


@pytest.mark.parametrize("offset", range(5))
@pytest.mark.parametrize("name", ["seed", "hard"])
def test_a_snapshot_each_five_seconds_where_nginx_ends_much_sooner(
    series: dict[str, Series], name: str, offset: int
) -> None:
    """After 10 or 15 s a blind rhythm misses some (hence old_enough_in_s), and names nobody wrong."""
    found = confusion.replay(every_five_seconds(offset)(series[name]))
    assert confusion.suspects(found, "no") == confusion.suspects(found, "grey") == set()
    assert confusion.suspects(found, "ban") <= CAUGHT[name]


@pytest.mark.parametrize("name", RUNS)
def test_longer_lives_bring_more_floods_in_step(series: dict[str, Series], name: str) -> None:
    """Where idle connections may live for minutes, all idle floods that outlive the test are told."""
    found = confusion.replay(each(older)(series[name]))
    assert confusion.suspects(found, "no") == confusion.suspects(found, "grey") - {"many_ips"} == set()
    assert confusion.suspects(found, "ban") >= CAUGHT[name]


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("idle_s", [5.0, 6.5, 8.0])
def test_a_shorter_patience_names_nobody_else(series: dict[str, Series], name: str, idle_s: float) -> None:
    """Down to five seconds no legitimate class becomes a suspect."""
    found = confusion.replay(series[name], Connmon(idle_s=idle_s))
    assert confusion.suspects(found, "no") == set()


def test_the_first_seeds_rule_bans_the_nat(series: dict[str, Series]) -> None:
    """idle_points = 1 is offered because it was asked for; the NAT of sixty is what it costs."""
    found = confusion.replay(series["stock"], Connmon(idle_points=1))
    assert confusion.suspects(found, "no") == {"nat60"}
