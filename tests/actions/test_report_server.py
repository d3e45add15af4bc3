"""The report action in a real fail2ban-server: events, counters, restarts, kills, full disks."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace
from demo.lab.wait import wait_until
from ideolab_f2b.event import EventError, from_json
from ideolab_f2b.metrics import read
from tests.lab import lines as log_lines
from tests.lab.lines import by_hand, format_date, write_lines

pytestmark = pytest.mark.root

JAILS = """\
[ideolab-connmon]
enabled = true
[ideolab-connmon-net]
enabled = true
[ideolab-manual]
enabled = true
[sshd]
enabled = true
filter = plain
logpath = {directory}/sshd.log
bantime = 600
action = null.py
         {report}
"""
PLAIN = "[Definition]\nfailregex = ^ sshd: bad <ADDR>\ndatepattern = ^%%Y-%%m-%%dT%%H:%%M:%%S%%z\n"
NULL = """\
from fail2ban.server.action import ActionBase
class Action(ActionBase):
    def flush(self): return True
"""


def prepared(directory: Path, namespace: Namespace) -> Fail2ban:
    """A server whose sshd jail is not one of ours."""
    server = Fail2ban(namespace, directory)
    (directory / "sshd.log").touch()
    (server.config / "filter.d" / "plain.conf").write_text(PLAIN)
    (server.config / "action.d" / "null.py").write_text(NULL)
    server.configure(JAILS.format(directory=directory, report=server.report_action))
    return server


@pytest.fixture
def server(lone: Namespace, tmp_path: Path) -> Any:
    made = prepared(tmp_path, lone)
    yield made
    made.stop()


def started(server: Fail2ban) -> Fail2ban:
    server.start()
    server.wait_for_rules("ideolab-connmon", "ideolab-connmon-net")
    return server


def suspect(address: str) -> str:
    """As connmon writes it, with two phases."""
    return log_lines.suspect(address, phases={"mute": 238, "handshake": 2})


def read_report_stats(server: Fail2ban) -> dict[str, Any]:
    return server.read_stats("ideolab-connmon", "ideolab-report")


def lines(server: Fail2ban) -> list[str]:
    path = server.directory / "connmon_events.jsonl"
    return path.read_text().splitlines() if path.exists() else []


def events(server: Fail2ban) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(server)]


def metrics(server: Fail2ban) -> dict[tuple[str, ...], float]:
    """{(name, label values...): number}."""
    known = read(server.directory / "ideolab_f2b.prom")
    return {
        (name, *(value for _label, value in pairs)): number
        for name, values in known.items()
        for pairs, number in values.items()
    }


def wait_events(server: Fail2ban, count: int) -> None:
    server.wait_until(lambda: len(lines(server)) >= count, f"{count} events")


def banned_once(server: Fail2ban, count: int) -> list[str]:
    addresses = [f"198.51.100.{number}" for number in range(1, count + 1)]
    write_lines(server.connmon_log, *map(suspect, addresses))
    server.wait_until(lambda: len(server.find_banned("ideolab-connmon")) == count, f"{count} bans")
    return addresses


@pytest.mark.alone
def test_every_jail_has_events_and_counters(server: Fail2ban) -> None:
    """Address, network, ban by hand, and a jail that is not ours."""
    started(server)
    write_lines(server.connmon_log, suspect("198.51.100.10"))
    write_lines(server.connmon_log, suspect("203.0.113.0/24"), suspect("203.0.113.0/24"))
    write_lines(server.manual_log, by_hand("2001:db8:c::7", "3600") + ' reason="403 scan"')
    write_lines(server.directory / "sshd.log", f"{format_date()} sshd: bad 198.51.100.99")
    wait_events(server, 4)
    server.ask("set", "ideolab-connmon", "unbanip", "198.51.100.10")
    wait_events(server, 5)
    server.stop()

    found = {(event["type"], event["jail"]): event for event in events(server)}
    one = found["ban", "ideolab-connmon"]
    assert {name: one[name] for name in ("ip", "subnet", "count", "score", "reason", "bantime")} == {
        "ip": "198.51.100.10", "subnet": "198.51.100.0/24", "count": 240, "score": 5,
        "reason": "238 mute, 2 handshake", "bantime": 3600,
    }  # fmt: skip
    assert (one["asn"], one["origin"], one["raw"]["failures"]) == (None, None, 1)
    assert one["raw"]["matches"][0].endswith("mute=238 handshake=2 port=443")
    assert found["unban", "ideolab-connmon"]["ip"] == "198.51.100.10"
    net = found["ban", "ideolab-connmon-net"]
    assert (net["ip"], net["subnet"]) == (None, "203.0.113.0/24")
    by_person = found["ban", "ideolab-manual"]
    assert (by_person["ip"], by_person["subnet"], by_person["reason"], by_person["bantime"]) == (
        "2001:db8:c::7", "2001:db8:c::/64", "403 scan", 3600,
    )  # fmt: skip
    assert found["ban", "sshd"]["count"] == 1
    known = metrics(server)
    assert known["ideolab_connmon_bans_total",] == 2
    assert known["ideolab_f2b_bans_total", "inet", "ideolab-connmon-net", "net"] == 1
    assert known["ideolab_f2b_bans_total", "inet6", "ideolab-manual", "ip"] == 1
    assert known["ideolab_f2b_bans_total", "inet", "sshd", "ip"] == 1
    assert known["ideolab_f2b_unbans_total", "ideolab-connmon"] == 1
    assert known["ideolab_f2b_events_total", "written"] == 5
    # the line of the test's by_hand and sshd's have whole seconds
    assert known["ideolab_f2b_ban_latency_seconds_count",] == 2
    assert 0 < known["ideolab_f2b_ban_latency_seconds_sum",] < 5
    assert (server.directory / "ideolab_f2b.prom").stat().st_mode & 0o777 == 0o644
    assert server.state.stat().st_mode & 0o777 == 0o700
    assert "ERROR" not in server.tail(10000)


def test_a_restart_counts_nothing_twice(server: Fail2ban) -> None:
    """Restored bans are events of their own kind, and the counters go on."""
    started(server)
    banned_once(server, 3)
    wait_events(server, 3)
    server.stop()
    assert metrics(server)["ideolab_connmon_bans_total",] == 3

    server.start()
    wait_events(server, 6)
    server.stop()

    assert Counter(event["type"] for event in events(server)) == {"ban": 3, "restored": 3}
    known = metrics(server)
    assert known["ideolab_connmon_bans_total",] == 3
    assert known["ideolab_f2b_restored_total", "ideolab-connmon"] == 3
    assert known["ideolab_f2b_events_total", "written"] == 6
    assert known["ideolab_f2b_ban_latency_seconds_count",] == 3


def test_unban_all_has_an_event_for_each(server: Fail2ban) -> None:
    """A stop ends no ban and has none."""
    started(server)
    banned_once(server, 3)
    wait_events(server, 3)
    server.ask("unban", "--all")
    wait_events(server, 6)
    server.stop()

    assert Counter(event["type"] for event in events(server)) == {"ban": 3, "unban": 3}


def test_a_reload_keeps_the_action(server: Fail2ban) -> None:
    """fail2ban drops a Python action that lacks what it looks for, and says nothing."""
    started(server)
    server.reload()
    banned_once(server, 2)
    wait_events(server, 2)

    def count_written() -> int:
        stats = json.loads(server.ask("get", "sshd", "action", "ideolab-report", "stats"))
        return int(stats["events"]["written"])

    # an event is counted once it is written
    server.wait_until(lambda: count_written() == 2, "the count of both events")


@pytest.mark.parametrize("seed", range(4))
def test_a_kill_loses_nothing_and_repeats_nothing(server: Fail2ban, seed: int) -> None:
    """kill -9 at random moments in and after a burst; the log stays a log, the counters never go back."""
    chance = random.Random(seed)
    # fail2ban itself bans anew what its database had not taken down when it was killed: so its log counts
    wanted: Counter[str] = Counter()
    highest = 0.0
    for burst in range(3):
        server.log.write_text("")
        started(server)
        addresses = [f"10.{seed}.{burst}.{number}" for number in range(1, 251)]
        write_lines(server.connmon_log, *map(suspect, addresses))
        time.sleep(chance.uniform(0.2, 2.5))
        os.kill(server.read_pid(), signal.SIGKILL)
        wait_until(lambda: not server.is_running(), "the server outlives SIGKILL")
        for left in (server.socket, server.pid_file):
            left.unlink(missing_ok=True)
        text = server.log.read_text()
        wanted.update(re.findall(r"\[ideolab-connmon\] Ban (10\.\S+)", text))
        now = metrics(server).get(("ideolab_connmon_bans_total",), 0.0)
        assert now >= highest
        highest = now
    server.log.write_text("")
    server.start()
    server.wait_until(lambda: read_report_stats(server)["queue"] == 0, "an empty queue")
    server.stop()
    wanted.update(re.findall(r"\[ideolab-connmon\] Ban (10\.\S+)", server.log.read_text()))

    found = []
    for line in lines(server):
        try:
            found.append(from_json(line))
        except EventError:
            # cut by the kill: the event itself was written anew
            continue
    bans = Counter(str(event.ip) for event in found if event.type == "ban")
    # the last one that fail2ban logged before each kill may be the one that was being handed in
    assert sum((wanted - bans).values()) <= 3
    assert bans - wanted == Counter()
    assert len({event.id for event in found}) == len(found)
    assert metrics(server)["ideolab_connmon_bans_total",] == bans.total()


@pytest.mark.parametrize("garbage", [b"", b"{", b"\xff\x00", b'{"done":1,"counters":{},"carry":[]}'])
def test_a_corrupt_state_file(server: Fail2ban, garbage: bytes) -> None:
    """It is said and kept aside; the counters go on from what was exported."""
    started(server)
    banned_once(server, 3)
    wait_events(server, 3)
    server.stop()
    before = metrics(server)
    (server.state / "counters.json").write_bytes(garbage)

    server.start()
    server.wait_for_log("counters.json cannot be used")
    wait_events(server, 6)
    server.stop()

    after = metrics(server)
    assert {key for key, value in before.items() if "_total" in key[0] and after.get(key, 0) < value} == set()
    assert after["ideolab_connmon_bans_total",] == 3
    assert after["ideolab_f2b_ban_latency_seconds_count",] == 3
    assert (server.state / "counters.json.corrupt").read_bytes() == garbage


def test_a_log_that_cannot_be_written(server: Fail2ban) -> None:
    """Bans go on, the events wait on disk, and it is said; nothing is lost once it can be written again."""
    log = server.directory / "connmon_events.jsonl"
    log.mkdir()
    started(server)
    banned_once(server, 3)
    server.wait_for_log("ERROR.*connmon_events.jsonl")
    assert read_report_stats(server)["queue"] == 3
    log.rmdir()
    server.stop()

    assert sorted(str(event["ip"]) for event in events(server)) == [f"198.51.100.{n}" for n in (1, 2, 3)]


def test_a_link_in_place_of_the_log_is_not_followed(server: Fail2ban, tmp_path: Path) -> None:
    """The directory belongs to the user of connmon; root must not write where that user says."""
    victim = tmp_path / "victim"
    victim.write_text("mine\n")
    (server.directory / "connmon_events.jsonl").symlink_to(victim)
    started(server)
    banned_once(server, 1)
    server.wait_for_log("ERROR.*connmon_events.jsonl")

    assert victim.read_text() == "mine\n"


def test_no_state_directory(server: Fail2ban) -> None:
    """Read-only or worse: bans are reported all the same, and what that costs is said."""
    server.state.write_text("no directory")
    started(server)
    banned_once(server, 3)
    wait_events(server, 3)
    server.stop()

    assert "counters are not kept over a restart" in server.tail(10000)
    assert metrics(server)["ideolab_connmon_bans_total",] == 3


@pytest.mark.parametrize("place", ["state", "log"])
def test_a_full_disk(lone: Namespace, tmp_path: Path, place: str) -> None:
    """Bans go on; what finds no room waits, and what finds none at all is counted."""
    # a mount namespace of the server's own: the file systems end with it
    server = prepared(tmp_path, lone)
    full = server.state if place == "state" else tmp_path / "log"
    full.mkdir()
    text = server.settings.read_text()
    server.settings.write_text(text.replace(f"log_dir = {tmp_path}", f"log_dir = {tmp_path}/log"))
    (tmp_path / "log").mkdir(exist_ok=True)
    script = f"mount -t tmpfs -o size=8k none {full} && head -c 4096 /dev/zero >{full}/ballast; "
    script += f"head -c 4096 /dev/zero >{full}/more; exec"
    server.wrapper = ("unshare", "-m", "--propagation", "private", "sh", "-c", f'{script} "$@"', "sh")
    try:
        started(server)
        banned_once(server, 5)
        server.wait_for_log("No space left|no space is left|were written")
        assert len(server.find_banned("ideolab-connmon")) == 5
        assert read_report_stats(server)["lost"] == 0
        if place == "state":
            wait_events_of(tmp_path / "log" / "connmon_events.jsonl", 5)
        else:
            assert read_report_stats(server)["queue"] == 5
    finally:
        server.stop()


def wait_events_of(path: Path, count: int) -> None:
    wait_until(
        lambda: path.exists() and len(path.read_text().splitlines()) == count, f"not {count} events in {path}"
    )


def test_without_prometheus_client(server: Fail2ban, tmp_path: Path) -> None:
    """Events are written, counters kept; what is missing is said once."""
    hidden = tmp_path / "hidden" / "prometheus_client"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('hidden')\n")
    server.variables["PYTHONPATH"] = f"{hidden.parent}:{REPOSITORY}"
    started(server)
    banned_once(server, 2)
    wait_events(server, 2)
    server.stop()

    assert server.tail(10000).count("apt-get install python3-prometheus-client") == 1
    assert not (server.directory / "ideolab_f2b.prom").exists()
    assert '"ideolab_connmon_bans_total":[[[],2.0]]' in (server.state / "counters.json").read_text()


def test_what_the_exporter_writes_is_clean(server: Fail2ban, tmp_path: Path) -> None:
    """promtool finds nothing, and nothing but our series is in the file."""
    started(server)
    banned_once(server, 2)
    wait_events(server, 2)
    server.stop()
    text = (server.directory / "ideolab_f2b.prom").read_text()

    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "_created" not in text
    assert len([line for line in text.splitlines() if not line.startswith("#")]) < 100
