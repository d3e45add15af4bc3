"""ban, unban and check: what is in the rows, in the log and in the firewall afterwards, on each database."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ideolab_accesslog import firewall, signals
from ideolab_accesslog.firewall import answers, calls, expiry, reconcile, texts
from ideolab_accesslog.firewall.transports import helper
from ideolab_accesslog.models import FirewallActionLog, Total, TrashIP
from tests.accesslog.conftest import VENDORS, FakeKernel

DAY = 86400
VICTIM, OTHER = "198.51.100.7", "2001:db8::7"
each_database = pytest.mark.parametrize("database", VENDORS, indirect=True)
pytestmark = pytest.mark.usefixtures("database")


def audit(*fields: str) -> list[tuple[Any, ...]]:
    return sorted(FirewallActionLog.objects.values_list(*fields))


@pytest.fixture
def confirmed() -> Iterator[list[tuple[str, list[str]]]]:
    """What the signals told."""
    heard: list[tuple[str, list[str]]] = []

    def on_ban(addresses: list[str], **_others: Any) -> None:
        heard.append(("ban", addresses))

    def on_unban(addresses: list[str], **_others: Any) -> None:
        heard.append(("unban", addresses))

    signals.banned.connect(on_ban)
    signals.unbanned.connect(on_unban)
    yield heard
    signals.banned.disconnect(on_ban)
    signals.unbanned.disconnect(on_unban)


def test_nothing_is_run_until_the_site_says_so(tmp_path: Path, settings: Any) -> None:
    """TRASHIP_FIREWALL_EXECUTE is False by default: intent and audit, no line, no flag."""
    settings.TRASHIP_MANUAL_LOG = str(tmp_path / "manual.log")

    outcome = calls.ban([VICTIM], seconds=DAY, actor="alice")

    assert outcome.counts() == {"skipped": 1}
    row = TrashIP.objects.get()
    assert (row.is_banned, row.iptables_applied, row.reason) == (True, False, "manual")
    assert audit("action", "ip", "state", "stderr", "actor_name", "bantime") == [
        ("ban", VICTIM, "skipped", calls.NOT_EXECUTED, "alice", DAY)
    ]
    assert not (tmp_path / "manual.log").exists()


@each_database
def test_a_ban_is_a_line_that_fail2ban_reads(manual_log: Path) -> None:
    """By default: no privilege, the ban's own time, the actor and the reason in quotes."""
    before = timezone.now()

    outcome = calls.ban([VICTIM, OTHER], seconds=DAY, actor="alice", reason='scan "\n198.51.100.9')

    assert outcome.counts() == {"done": 2}
    assert [line.partition(" ")[2] for line in manual_log.read_text().splitlines()] == [
        f'manual: ban {address} ttl=86400 actor="alice" reason="scan \\x22\\x0a198.51.100.9"'
        for address in (VICTIM, OTHER)
    ]
    assert audit("ip", "state", "rc", "command") == [
        (VICTIM, "done", 0, f"{manual_log}: ban {VICTIM} ttl=86400"),
        (OTHER, "done", 0, f"{manual_log}: ban {OTHER} ttl=86400"),
    ]
    row = TrashIP.objects.get(ip=VICTIM)
    assert before + timedelta(days=1) <= row.ban_until <= timezone.now() + timedelta(days=1)
    # written is not applied: fail2ban has said nothing yet
    assert (row.is_banned, row.iptables_applied) == (True, False)


def test_a_permanent_ban_has_no_end(manual_log: Path) -> None:
    """In the row None, in the line a word."""
    calls.ban([VICTIM], actor="alice")

    assert TrashIP.objects.get().ban_until is None
    assert re.fullmatch(rf'\S+ manual: ban {VICTIM} ttl=permanent actor="alice"\n', manual_log.read_text())


@pytest.mark.parametrize("use_tz", [True, False])
@pytest.mark.parametrize("has_zone", [True, False])
def test_the_end_of_a_ban_may_have_a_zone_or_none(
    use_tz: bool, has_zone: bool, manual_log: Path, settings: Any
) -> None:
    """Whatever the site's own times are."""
    settings.USE_TZ, settings.TIME_ZONE = use_tz, "America/St_Johns"
    until = datetime.now(timezone.get_current_timezone()) + timedelta(hours=1)
    calls.ban([VICTIM], until=until if has_zone else until.replace(tzinfo=None), actor="alice")

    assert re.search(r"ttl=3[56]\d\d ", manual_log.read_text())
    row = TrashIP.objects.get()
    assert abs((row.ban_until - timezone.now()).total_seconds() - 3600) < 100


def test_a_line_that_could_not_be_written_is_a_failure(manual_log: Path) -> None:
    """The intent stays, the row says why, no flag is set."""
    manual_log.mkdir()

    outcome = calls.ban([VICTIM], seconds=DAY, actor="alice")

    assert outcome.counts() == {"failed": 1}
    row = TrashIP.objects.get()
    assert (row.is_banned, row.iptables_applied) == (True, False)
    assert "must be able to append" in row.firewall_error
    assert audit("state", "rc") == [("failed", 1)]


@pytest.mark.parametrize(
    ("act", "left"),
    [
        (lambda: calls.unban([VICTIM], actor="bob"), f"run `ideolab-f2b unban {VICTIM}` as root"),
        (lambda: calls.check([VICTIM], actor="bob"), "run `ideolab-f2b bans` as root"),
    ],
)
def test_without_the_helper_the_rest_is_said(manual_log: Path, act: Any, left: str) -> None:
    """A log cannot unban or answer: the row says what a person has to do."""
    TrashIP.objects.create(ip=VICTIM, is_banned=True, iptables_applied=True)

    result = act().results[VICTIM]

    assert (result.state, result.applied) == ("skipped", None)
    assert left in result.detail
    assert left in FirewallActionLog.objects.get().stderr
    row = TrashIP.objects.get()
    assert row.iptables_applied
    assert left in row.firewall_error


def test_unban_and_check_take_the_helper_beside_the_log(
    kernel: FakeKernel, settings: Any, tmp_path: Path
) -> None:
    """Where ideolab-fw-ip is installed, the log transport asks it for what a line cannot do."""
    settings.TRASHIP_FIREWALL_TRANSPORT = "log"
    settings.TRASHIP_MANUAL_LOG = str(tmp_path / "manual.log")
    kernel.hold(VICTIM)

    assert calls.check([VICTIM], actor="bob").results[VICTIM].applied is True
    assert calls.unban([VICTIM], actor="bob").results[VICTIM].applied is False
    assert calls.ban([VICTIM], actor="bob").results[VICTIM].applied is None
    assert kernel.elements() == {}


@each_database
def test_the_helper_bans_checks_and_unbans(
    kernel: FakeKernel, confirmed: list[tuple[str, list[str]]]
) -> None:
    """One call for all addresses; the flags are what it answered."""
    calls.ban([VICTIM, OTHER], seconds=7 * DAY, actor="alice")
    assert kernel.elements() == {VICTIM: "604800", OTHER: "604800"}
    assert kernel.calls() == 1
    assert list(TrashIP.objects.values_list("is_banned", "iptables_applied")) == [(True, True)] * 2

    assert calls.check([VICTIM], actor="alice").results[VICTIM].applied is True

    calls.unban([VICTIM], actor="alice")
    assert kernel.elements() == {OTHER: "604800"}
    row = TrashIP.objects.get(ip=VICTIM)
    assert (row.is_banned, row.ban_until, row.iptables_applied) == (False, None, False)
    assert sorted(map(str, (action for action, *_ in confirmed))) == ["ban", "unban"]
    assert audit("action", "ip", "state", "rc", "stdout") == [
        ("ban", VICTIM, "done", 0, '{"result": "banned", "until": null, "detail": ""}'),
        ("ban", OTHER, "done", 0, '{"result": "banned", "until": null, "detail": ""}'),
        ("check", VICTIM, "done", 0, '{"result": "banned", "until": null, "detail": ""}'),
        ("unban", VICTIM, "done", 0, '{"result": "unbanned", "until": null, "detail": ""}'),
    ]
    assert FirewallActionLog.objects.filter(duration_ms__gt=0).count() == 4


def test_the_user_is_in_the_audit_and_survives_by_name(kernel: FakeKernel) -> None:
    """Who did it stays known after the account is gone."""
    alice = get_user_model().objects.create_user("alice")
    calls.ban([VICTIM], seconds=DAY, actor=alice)
    assert audit("actor__username", "actor_name") == [("alice", "alice")]

    alice.delete()

    assert audit("actor", "actor_name") == [(None, "alice")]


def test_a_refusal_of_the_helper_is_a_failure_of_that_address(kernel: FakeKernel) -> None:
    """The others are banned."""
    kernel.behave("refuse", VICTIM)

    outcome = calls.ban([VICTIM, OTHER], seconds=DAY, actor="alice")

    assert outcome.results[VICTIM] == calls.AddressResult(
        VICTIM, "failed", None, "refused: listed in /etc/ideolab/never-ban"
    )
    assert outcome.results[OTHER].applied is True
    assert list(TrashIP.objects.order_by("ip").values_list("iptables_applied", "firewall_error")) == [
        (False, "refused: listed in /etc/ideolab/never-ban"),
        (True, ""),
    ]


def test_sudo_that_refuses_fails_every_address(kernel: FakeKernel) -> None:
    """rc and stderr are in the rows, no flag is set."""
    kernel.behave("silent")

    outcome = calls.ban([VICTIM, OTHER], seconds=DAY, actor="alice")

    assert outcome.counts() == {"failed": 2}
    assert audit("state", "rc", "stderr") == [("failed", 1, "sudo: a password is required\n")] * 2
    assert not TrashIP.objects.filter(iptables_applied=True).exists()


def test_a_helper_that_is_not_there_is_named(kernel: FakeKernel, settings: Any) -> None:
    """With the setting to look at."""
    settings.TRASHIP_FIREWALL_HELPER = ["/nonexistent/ideolab-fw-ip"]

    detail = calls.ban([VICTIM], seconds=DAY, actor="alice").results[VICTIM].detail

    assert "/nonexistent/ideolab-fw-ip" in detail
    assert "TRASHIP_FIREWALL_HELPER" in detail


@pytest.mark.alone
def test_the_time_limit_ends_the_call_and_keeps_what_was_answered(kernel: FakeKernel, settings: Any) -> None:
    """The first address was banned in time, the second has no answer."""
    kernel.behave("slow")
    settings.TRASHIP_FIREWALL_TIMEOUT_S = 2

    before = time.monotonic()
    outcome = calls.ban([VICTIM, OTHER], seconds=DAY, actor="alice")

    assert time.monotonic() - before < 10
    assert outcome.results[VICTIM].state == "done"
    assert outcome.results[OTHER].state == "failed"
    assert "not finished after 2 s (TRASHIP_FIREWALL_TIMEOUT_S)" in outcome.results[OTHER].detail


@each_database
def test_a_double_click_is_one_ban(kernel: FakeKernel) -> None:
    """The second finds the first; a ban for another time, or after an unban, is another ban."""
    assert calls.ban([VICTIM], seconds=DAY, actor="alice").counts() == {"done": 1}
    assert calls.ban([VICTIM], seconds=DAY, actor="alice").counts() == {"repeated": 1}
    assert (kernel.calls(), FirewallActionLog.objects.count()) == (1, 1)

    assert calls.ban([VICTIM], seconds=7 * DAY, actor="alice").counts() == {"done": 1}
    assert calls.unban([VICTIM], actor="alice").counts() == {"done": 1}
    assert calls.ban([VICTIM], seconds=7 * DAY, actor="alice").counts() == {"done": 1}
    assert kernel.calls() == 4


def test_a_failed_ban_can_be_tried_again_at_once(kernel: FakeKernel) -> None:
    """Only what worked, or still runs, makes a repetition."""
    kernel.behave("silent")
    assert calls.ban([VICTIM], seconds=DAY, actor="alice").counts() == {"failed": 1}
    (kernel.directory / "silent").unlink()

    assert calls.ban([VICTIM], seconds=DAY, actor="alice").counts() == {"done": 1}
    assert TrashIP.objects.get().firewall_error == ""


@each_database
def test_clicks_at_the_same_moment_are_one_ban(manual_log: Path) -> None:
    """Eight threads, overlapping addresses in different orders: one row and one line for each address."""
    addresses = [f"198.51.100.{n}" for n in range(1, 21)]
    TrashIP.objects.bulk_create(TrashIP(ip=address) for address in addresses[::2])
    barrier, outcomes, problems = threading.Barrier(8), [], []

    def click(number: int) -> None:
        try:
            barrier.wait()
            order = addresses[number:] + addresses[:number]
            outcomes.append(calls.ban(order, seconds=DAY, actor="alice").counts())
        except Exception as error:
            problems.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert problems == []
    assert sorted(map(str, outcomes)) == ["{'done': 20}"] + ["{'repeated': 20}"] * 7
    assert FirewallActionLog.objects.count() == 20
    assert len(manual_log.read_text().splitlines()) == 20
    assert Total.objects.get().value == 20


def test_an_older_call_that_ends_later_changes_no_flag(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unban that was clicked while the ban ran is the newer intent; reconcile settles the kernel."""
    real = helper.run
    state = {"first": True}

    def overtaken(orders: Any) -> Any:
        if state.pop("first", False):
            calls.unban([VICTIM], actor="bob")
        return real(orders)

    monkeypatch.setattr(helper, "run", overtaken)

    calls.ban([VICTIM], seconds=DAY, actor="alice")

    row = TrashIP.objects.get()
    assert (row.is_banned, row.iptables_applied, row.applied_at) == (False, False, None)


@each_database
def test_nothing_is_run_for_a_transaction_that_rolls_back(kernel: FakeKernel) -> None:
    """Intents, audit and call are one: none of them happens."""
    with pytest.raises(RuntimeError), transaction.atomic():
        outcome = calls.ban([VICTIM], seconds=DAY, actor="alice")
        assert outcome.counts() == {"pending": 1}
        raise RuntimeError("the view fails")

    assert (TrashIP.objects.count(), FirewallActionLog.objects.count(), kernel.calls()) == (0, 0, 0)


def test_inside_a_transaction_the_call_waits_for_its_end(kernel: FakeKernel) -> None:
    """ATOMIC_REQUESTS: the results are there after the commit."""
    with transaction.atomic():
        outcome = calls.ban([VICTIM], seconds=DAY, actor="alice")
        assert kernel.calls() == 0

    assert outcome.counts() == {"done": 1}


@each_database
def test_with_autocommit_off_the_call_waits_for_the_site_s_commit(kernel: FakeKernel) -> None:
    """For a site that commits by itself, Django runs the callback when autocommit is on again."""
    transaction.set_autocommit(False)
    try:
        outcome = calls.ban([VICTIM], seconds=DAY, actor="alice")
        transaction.commit()
        assert (outcome.counts(), kernel.calls()) == ({"pending": 1}, 0)
    finally:
        transaction.set_autocommit(True)

    assert (outcome.counts(), kernel.calls()) == ({"done": 1}, 1)
    assert FirewallActionLog.objects.count() == 1


def test_a_transport_that_raises_leaves_a_failed_row(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong there, the audit is finished and the admin page lives."""

    def broken(_orders: Any) -> Any:
        raise KeyError("a bug")

    monkeypatch.setattr(helper, "run", broken)

    assert calls.ban([VICTIM], seconds=DAY, actor="alice").counts() == {"failed": 1}
    assert audit("state", "stderr") == [("failed", "KeyError: 'a bug'")]


def test_what_must_not_be_banned_is_refused_and_noted(kernel: FakeKernel, settings: Any) -> None:
    """Never-ban addresses, the admin's own, and what is no address at all."""
    settings.TRASHIP_NEVER_BAN = ["198.51.100.0/28"]
    asked = ["127.0.0.1", "198.51.100.3", "198.51.100.99", "198.51.100.0/24", "x; reboot", OTHER]

    outcome = calls.ban(asked, seconds=DAY, actor="alice", spare=["198.51.100.99"])

    refused = {result.address: result.detail for result in outcome.in_state("refused")}
    assert refused == {
        "127.0.0.1": "loopback",
        "198.51.100.3": "198.51.100.0/28 of TRASHIP_NEVER_BAN",
        "198.51.100.99": "your own address",
        "198.51.100.0/24": "your own address is in it",
        "x; reboot": "'x; reboot' does not appear to be an IPv4 or IPv6 address",
    }
    assert kernel.elements() == {OTHER: "86400"}
    assert list(TrashIP.objects.values_list("ip", flat=True)) == [OTHER]
    assert audit("ip", "state", "stderr")[:2] == [
        ("127.0.0.1", "refused", "loopback"),
        ("198.51.100.0/24", "refused", "your own address is in it"),
    ]


def test_an_address_in_another_notation_is_the_same(kernel: FakeKernel) -> None:
    """One row, one element."""
    calls.ban([VICTIM, f"::ffff:{VICTIM}", f" {VICTIM} "], seconds=DAY, actor="alice")

    assert kernel.elements() == {VICTIM: "86400"}
    assert FirewallActionLog.objects.count() == 1


@pytest.mark.parametrize("seconds", [0, -1, calls.LONGEST_S + 1])
def test_a_time_that_is_none_is_an_error(seconds: int) -> None:
    """Permanent is said by leaving it out."""
    with pytest.raises(ValueError, match="for ever"):
        calls.ban([VICTIM], seconds=seconds, actor="alice")


def test_too_many_addresses_are_an_error() -> None:
    """One call is bounded; nothing of it was noted."""
    with pytest.raises(ValueError, match="more than 5000"):
        calls.ban((f"2001:db8::{n:x}" for n in range(1, 6000)), seconds=DAY, actor="alice")

    assert FirewallActionLog.objects.count() == 0


def test_windows_has_no_firewall(kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The intent counts for the site's own 403, and the row says so."""
    monkeypatch.setattr("sys.platform", "win32")

    outcome = calls.ban([VICTIM], seconds=DAY, actor="alice")

    assert outcome.results[VICTIM].detail.startswith("there is no firewall of ideolab-f2b on Windows")
    assert TrashIP.objects.get().is_banned
    assert kernel.calls() == 0


def test_a_database_that_is_lost_after_the_call_loses_no_ban(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page says what happened; the rows stay pending, and reconcile finds them."""
    from django.db import OperationalError

    def lost(*_words: Any) -> None:
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(answers, "store", lost)

    assert calls.ban([VICTIM], seconds=DAY, actor="alice").counts() == {"done": 1}
    assert audit("state") == [("pending",)]
    assert kernel.elements() == {VICTIM: "86400"}


@each_database
def test_500_addresses_take_a_bounded_number_of_queries(manual_log: Path, database: str) -> None:
    """No query per address."""
    addresses = [f"2001:db8::{n:x}" for n in range(1, 501)]
    TrashIP.objects.bulk_create(TrashIP(ip=address) for address in addresses)

    with CaptureQueriesContext(connection) as queries:
        outcome = calls.ban(addresses, seconds=DAY, actor="alice")

    assert outcome.counts() == {"done": 500}
    # SQLite takes at most 999 values in one statement: bulk_create needs several
    assert len(queries) <= (40 if database == "sqlite" else 16)


def test_sites_call_the_package() -> None:
    """`firewall.ban(...)`; importing it alone imports no models."""
    assert (firewall.ban, firewall.unban, firewall.check) == (calls.ban, calls.unban, calls.check)
    with pytest.raises(AttributeError, match="has no attribute 'banish'"):
        _ = firewall.banish
    program = (
        "import sys; from ideolab_accesslog import firewall; "
        "print([name for name in sys.modules if name.startswith('ideolab_accesslog')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "['ideolab_accesslog', 'ideolab_accesslog.firewall']\n"


@each_database
def test_a_network_is_banned_and_unbanned_as_one(kernel: FakeKernel) -> None:
    """An IPv6 /64, beside a single address in it that somebody typed: each has its own row."""
    network, inside = "2001:db8:0:7::/64", "2001:db8:0:7::9"

    assert calls.ban(["2001:db8:0:7::1/64", inside], seconds=DAY, actor="alice").counts() == {"done": 2}
    assert sorted(TrashIP.objects.filter(is_banned=True).values_list("ip", flat=True)) == [network, inside]
    assert calls.unban([network], actor="alice").counts() == {"done": 1}
    assert list(TrashIP.objects.filter(is_banned=True).values_list("ip", flat=True)) == [inside]
    assert {row[1] for row in audit("action", "ip")} == {network, inside}


def test_nobody_bans_the_network_of_the_own_address() -> None:
    """The click came from an address in it."""
    outcome = calls.ban(["2001:db8:0:7::/64"], seconds=DAY, actor="alice", spare=["2001:db8:0:7::1"])

    assert outcome.results["2001:db8:0:7::/64"].detail == "your own address"


def test_a_sites_tests_change_no_firewall(kernel: FakeKernel, settings: Any) -> None:
    """Whatever the settings of the site say: intent and audit are written, and nothing is run."""
    settings.ACCESSLOG_TESTING = True
    calls.ban([VICTIM], seconds=DAY, actor="alice")
    calls.unban([VICTIM], actor="alice")
    calls.check([OTHER], actor="alice")

    assert audit("action", "state", "stderr") == [
        (action, "skipped", "this process runs tests (ACCESSLOG_TESTING): noted, and nothing was run")
        for action in ("ban", "check", "unban")
    ]
    assert kernel.calls() == 0
    with pytest.raises(reconcile.CannotCompareError, match="this process runs tests"):
        reconcile.compare()


def test_a_sites_tests_write_no_line_of_a_ban(manual_log: Path, settings: Any) -> None:
    """fail2ban reads the same file as on the running site."""
    settings.ACCESSLOG_TESTING = True
    calls.ban([VICTIM], seconds=DAY, actor="alice")

    assert audit("state") == [("skipped",)]
    assert not manual_log.exists()


NETWORK, SYSTEM = "198.51.100.0/24", "AS64500"


@each_database
def test_networks_and_as_numbers_are_banned_as_a_whole(kernel: FakeKernel) -> None:
    """One row, one element and one line of the audit each; all goes the way of an address."""
    asked = [NETWORK, "2001:db8::/48", "as64500", VICTIM]

    assert calls.ban(asked, seconds=DAY, actor="alice").counts() == {"done": 4}
    assert kernel.elements() == dict.fromkeys([NETWORK, "2001:db8::/48", SYSTEM, VICTIM], "86400")
    assert sorted(
        TrashIP.objects.filter(is_banned=True, iptables_applied=True).values_list("ip", flat=True)
    ) == (sorted(kernel.elements()))
    # the click that came twice
    assert calls.ban(asked, seconds=DAY, actor="alice").counts() == {"repeated": 4}

    assert calls.unban([NETWORK], actor="alice").counts() == {"done": 1}
    assert sorted(kernel.elements()) == sorted(["2001:db8::/48", SYSTEM, VICTIM])
    assert audit("ip", "action", "state").count((NETWORK, "unban", "done")) == 1
    TrashIP.objects.update(ban_until=timezone.now() - timedelta(seconds=1))
    for _outcome in expiry.lift():
        pass
    assert kernel.elements() == {}
    assert TrashIP.objects.filter(is_banned=True).count() == 0


@each_database
def test_what_the_kernel_lost_is_banned_again(kernel: FakeKernel) -> None:
    """Networks and AS numbers as addresses."""
    calls.ban([NETWORK, SYSTEM], actor="alice")
    for path in (kernel.directory / NETWORK.replace("/", "_"), kernel.directory / SYSTEM):
        path.unlink()

    found = reconcile.compare()
    assert sorted(found.missing) == [NETWORK, SYSTEM]
    assert [outcome.counts() for outcome in reconcile.repair(found)] == [{"done": 2}]
    assert sorted(kernel.elements()) == [NETWORK, SYSTEM]


def test_a_line_bans_a_network_and_no_as(manual_log: Path) -> None:
    """The audit says why."""
    outcome = calls.ban([NETWORK, SYSTEM, "198.51.0.0/16"], seconds=DAY, actor="alice")

    assert outcome.counts() == {"done": 1, "refused": 2}
    assert [line.split()[1:5] for line in manual_log.read_text().splitlines()] == [
        ["manual:", "ban", NETWORK, "ttl=86400"]
    ]
    assert audit("ip", "state", "stderr")[1:] == [
        (NETWORK, "done", ""),
        (SYSTEM, "refused", texts.AS_NEEDS_HELPER),
    ]
    assert list(TrashIP.objects.values_list("ip", flat=True)) == [NETWORK]


def test_as_numbers_go_twenty_at_a_time(kernel: FakeKernel) -> None:
    """The helper takes no more by sudo; addresses go in one run beside them."""
    asked = [f"AS{number}" for number in range(1, 42)]
    known = dict.fromkeys(asked, ())

    assert calls.ban([*asked, VICTIM], actor="alice", as_networks=known).counts() == {"done": 42}
    assert kernel.calls() == 4
