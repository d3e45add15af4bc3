"""The helper with a real fail2ban and real kernel sets, in namespaces."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_network

import pytest

from demo.lab.wait import wait_until
from tests.fw_ip.conftest import BOTH, Host
from tests.lab.lines import suspect, write_lines

pytestmark = pytest.mark.root


@BOTH
def test_a_ban_is_in_fail2ban_and_in_the_kernel(empty: Host) -> None:
    """Both families, an address and a network, each with its end."""
    before = time.time()
    done = empty.fw_ip("ban", "--for", "24h", "198.51.100.7", "2001:db8:c::/64")

    assert (done.code, done.results) == (0, [("198.51.100.7", "banned"), ("2001:db8:c::/64", "banned")])
    assert all(before + 86400 <= line["until"] <= time.time() + 86401 for line in done.lines)
    assert empty.banned() == ["198.51.100.7", "2001:db8:c::/64"]
    assert 86390 < empty.elements()["198.51.100.7/32"] <= 86400
    assert 86390 < empty.elements("ideolab_manual6")["2001:db8:c::/64"] <= 86400


def test_without_a_time_the_ban_stays(empty: Host) -> None:
    """As a rule of iptables would, and as fail2ban's own banip in this jail."""
    done = empty.fw_ip("ban", "198.51.100.7")

    assert done.lines[0]["until"] is None
    assert empty.elements() == {"198.51.100.7/32": None}


def test_a_second_ban_changes_nothing(empty: Host) -> None:
    """A shorter or the same one is `already`; a longer one counts, in fail2ban and in the kernel."""
    empty.fw_ip("ban", "--for", "1h", "198.51.100.7")
    shorter = empty.fw_ip("ban", "--for", "60", "198.51.100.7")
    left = empty.elements()["198.51.100.7/32"]
    longer = empty.fw_ip("ban", "--for", "2h", "198.51.100.7")
    for_good = empty.fw_ip("ban", "198.51.100.7")
    again = empty.fw_ip("ban", "198.51.100.7")

    results = [done.lines[0]["result"] for done in (shorter, longer, for_good, again)]
    assert results == ["already", "banned", "banned", "already"]
    assert left > 3590
    assert shorter.lines[0]["until"] - time.time() > 3590
    assert empty.elements() == {"198.51.100.7/32": None}
    assert empty.banned() == ["198.51.100.7"]


def test_what_must_not_be_banned_is_refused(empty: Host) -> None:
    """By what only fail2ban's action knows: own addresses, gateways, ignoreip, the list of root's."""
    (empty.server.directory / "never-ban").write_text("203.0.113.64/26  # the office\n2001:db8:5::/48\n")
    empty.server.ask("set", "ideolab-manual", "addignoreip", "203.0.113.7")
    time.sleep(5.1)
    done = empty.fw_ip(
        "ban", "192.0.2.1", "192.0.2.0/24", "192.0.2.254", "203.0.113.7", "203.0.113.0/28", "203.0.113.70",
        "2001:db8:5::1", "127.0.0.1", "198.51.100.7",
    )  # fmt: skip

    path = empty.server.directory / "never-ban"
    assert done.code == 1
    assert [line["result"] for line in done.lines] == ["refused"] * 8 + ["banned"]
    assert [line["detail"] for line in done.lines][:7] == [
        "192.0.2.1 is an own address of this host",
        "192.0.2.0/24 holds 192.0.2.1, an own address of this host",
        "192.0.2.254 is a gateway of this host",
        "203.0.113.7 is listed in ignoreip",
        "203.0.113.0/28 holds 203.0.113.7, listed in ignoreip",
        f"203.0.113.70 lies in 203.0.113.64/26, listed in {path}",
        f"2001:db8:5::1 lies in 2001:db8:5::/48, listed in {path}",
    ]
    assert empty.banned() == ["198.51.100.7"]


def test_unban_removes_every_occurrence(empty: Host) -> None:
    """Of all jails, and from the kernel what fail2ban has forgotten."""
    empty.fw_ip("ban", "198.51.100.7", "198.51.100.9")
    write_lines(empty.server.connmon_log, suspect("198.51.100.7"))
    empty.server.wait_until(
        lambda: empty.banned("ideolab-connmon") == ["198.51.100.7"], "the ban of the other jail"
    )
    empty.sets.add("ideolab_connmon", ip_network("198.51.100.8"), 0)
    done = empty.fw_ip("unban", "198.51.100.7", "198.51.100.8", "198.51.100.9", "198.51.100.10")

    assert (done.code, [line["result"] for line in done.lines]) == (0, ["unbanned"] * 3 + ["not-banned"])
    assert [line["detail"] for line in done.lines] == [
        "ideolab-connmon, ideolab-manual", "ideolab_connmon", "ideolab-manual", "",
    ]  # fmt: skip
    assert (empty.banned(), empty.banned("ideolab-connmon")) == ([], [])
    assert (empty.elements(), empty.elements("ideolab_connmon")) == ({}, {})
    assert empty.fw_ip("unban", "198.51.100.7").results == [("198.51.100.7", "not-banned")]


@BOTH
def test_unban_of_a_network_lifts_what_lies_in_it(empty: Host) -> None:
    """The network itself and its addresses; what lies beside it stays."""
    empty.fw_ip("ban", "198.51.100.0/24", "198.51.100.7", "198.51.101.7", "2001:db8:c::1")
    done = empty.fw_ip("unban", "198.51.100.0/24", "2001:db8:c::/64")

    assert (done.code, [line["result"] for line in done.lines]) == (0, ["unbanned", "unbanned"])
    assert empty.banned() == ["198.51.101.7"]
    assert (empty.elements(), empty.elements("ideolab_manual6")) == ({"198.51.101.7/32": None}, {})


@BOTH
def test_an_address_of_a_banned_network_is_not_claimed_to_be_free(empty: Host) -> None:
    """The network is named: to lift it would let 255 others in."""
    empty.fw_ip("ban", "198.51.100.0/24", "198.51.100.7")
    done = empty.fw_ip("unban", "198.51.100.7")

    assert (done.code, done.lines[0]["result"]) == (1, "error")
    assert done.lines[0]["detail"] == (
        "still dropped: 198.51.100.0/24 is banned (ideolab_manual); unban that"
    )
    assert empty.banned() == ["198.51.100.0/24"]


@BOTH
def test_check_asks_the_kernel(empty: Host) -> None:
    """Not fail2ban's memory: an element that somebody took out is gone."""
    empty.fw_ip("ban", "--for", "1h", "198.51.100.7", "198.51.100.128/25")
    empty.delete("ideolab_manual", "198.51.100.7")
    done = empty.fw_ip("check", "198.51.100.7", "198.51.100.200", "2001:db8:c::1", "198.51.100.0/24")

    assert (done.code, [line["result"] for line in done.lines]) == (
        0,
        ["not-banned", "banned", "not-banned", "not-banned"],
    )
    assert done.lines[1]["detail"] == "ideolab_manual: 198.51.100.128/25"
    assert abs(done.lines[1]["until"] - time.time() - 3600) < 5
    assert done.lines[3]["detail"] == "1 bans lie in it"
    # a second order puts the lost element back
    assert empty.fw_ip("ban", "--for", "60", "198.51.100.7").results == [("198.51.100.7", "already")]
    assert "198.51.100.7/32" in empty.elements()


def test_verbs_on_standard_input_in_their_order(empty: Host) -> None:
    """As the web server calls it: one line in, one line out."""
    done = empty.fw_ip(
        stdin="ban 198.51.100.7 60\ncheck 198.51.100.7\nunban 198.51.100.7\ncheck 198.51.100.7\nban \xff\n\n"
    )

    assert [(line["action"], line["result"]) for line in done.lines] == [
        ("ban", "banned"), ("check", "banned"), ("unban", "unbanned"), ("check", "not-banned"),
        ("ban", "refused"), (None, "refused"),
    ]  # fmt: skip
    assert done.code == 1


@BOTH
def test_a_ban_ends_by_itself_in_both(empty: Host) -> None:
    """No process of ours, no cron and no database is needed for it."""
    empty.fw_ip(stdin="ban 198.51.100.7 2\nban 2001:db8:c::1 2\n")
    assert empty.banned() == ["198.51.100.7", "2001:db8:c::1"]

    empty.server.wait_until(
        lambda: not empty.elements() and not empty.elements("ideolab_manual6"), "the kernel's end"
    )
    empty.server.wait_until(lambda: not empty.banned(), "fail2ban's end")


@BOTH
def test_a_ban_by_hand_survives_a_restart_with_its_own_time(empty: Host) -> None:
    """The database has the time of the order, not the jail's."""
    empty.fw_ip("ban", "--for", "1h", "198.51.100.7", "198.51.100.9")
    empty.fw_ip("ban", "--for", "2h", "198.51.100.9")
    empty.server.restart()
    empty.server.wait_until(lambda: len(empty.banned()) == 2, "restored bans")

    lines = empty.server.ask("get", "ideolab-manual", "banip", "--with-time")
    assert lines[0].startswith("198.51.100.7 \t") and " + 3600 = " in lines[0]
    left = empty.elements()
    assert 3500 < left["198.51.100.7/32"] <= 3600 and 7100 < left["198.51.100.9/32"] <= 7200


@BOTH
def test_five_hundred_at_once(empty: Host) -> None:
    """All of them, in order; how fast is the bench's matter."""
    addresses = [f"10.1.{number >> 8}.{number & 255}" for number in range(500)]
    done = empty.fw_ip("ban", "--for", "7d", stdin="".join(f"{address}\n" for address in addresses))

    assert (done.code, done.results) == (0, [(address, "banned") for address in addresses])
    assert len(empty.elements()) == len(empty.banned()) == 500
    done = empty.fw_ip("unban", stdin="".join(f"{address}\n" for address in addresses))
    assert (done.code, len(empty.elements()), empty.banned()) == (0, 0, [])


@BOTH
def test_a_full_set_is_an_error_and_no_ban(empty: Host) -> None:
    """What the kernel does not hold, fail2ban does not list."""
    options = {"set": "ideolab_manual", "backend": empty.sets.backend}
    words = ("set", "ideolab-manual", "action", "ideolab-ban", "reload")
    empty.server.ask(*words, json.dumps({**options, "maxelem": "64"}))
    try:
        addresses = "".join(f"10.2.0.{number}\n" for number in range(200))
        done = empty.fw_ip("ban", stdin=addresses)
        failed = [line for line in done.lines if line["result"] == "error"]
        assert done.code == 1 and failed
        assert len(empty.banned()) == len(empty.elements()) == 200 - len(failed)
    finally:
        empty.server.ask("unban", "--all")
        allowed = f"{empty.server.directory}/never-ban"
        empty.server.ask(*words, json.dumps({**options, "allow_file": allowed}))


def test_two_runs_at_once_wait_for_each_other(empty: Host) -> None:
    """No answer is lost, and each run sees a finished one."""
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda _run: empty.fw_ip("ban", "198.51.100.7"), range(4)))

    assert sorted(run.lines[0]["result"] for run in runs) == ["already", "already", "already", "banned"]


@BOTH
def test_a_ban_ends_in_the_kernel_when_fail2ban_is_dead_too(empty: Host) -> None:
    """Elements stay over a stop, and carry their own end."""
    empty.fw_ip("ban", "--for", "3", "198.51.100.7")
    empty.server.stop()
    assert "198.51.100.7/32" in empty.elements()
    done = empty.fw_ip("unban", "198.51.100.7")
    assert (done.code, done.lines[0]["result"]) == (1, "error")
    assert empty.fw_ip("check", "198.51.100.7").results == [("198.51.100.7", "banned")]

    wait_until(lambda: not empty.elements(), "the element does not end")
    empty.server.restart()
    # fail2ban counts whole seconds: a ban of less than one more may come back for so long
    wait_until(lambda: not empty.banned(), "the ban comes back")
