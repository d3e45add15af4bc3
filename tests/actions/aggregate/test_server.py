"""Aggregation in a real fail2ban-server: the prefix follows, the singles stay, a person has the last word."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace, link_namespaces
from tests.lab.lines import suspect, write_lines

pytestmark = pytest.mark.root

JAIL = "ideolab-connmon"
JAILS = """\
[ideolab-connmon]
enabled = true
ignoreip = 203.0.113.250
action = ideolab-ban.py[state={state}, set=ideolab_connmon, ports=443, latency=low, aggregate=0.25]
         {report}
"""
#: a server that looks often, and asks the logs of this test about visitors
QUICK = """\
import pathlib
import ideolab_f2b.config as config
config.load.__defaults__ = (pathlib.Path({settings!r}),)
try:
    import ideolab_f2b.actions.aggregate.jail_aggregate as jail_aggregate
    import ideolab_f2b.actions.aggregate.thread as thread
    jail_aggregate.ASK_S = jail_aggregate.AGAIN_S = jail_aggregate.LOOK_S = thread.EVERY_S = 0.3
except ImportError:
    # the process that reads the logs has no fail2ban
    pass
"""


def visit(address: str, ago_s: float = 0.0) -> str:
    """Return a line of an access log."""
    when = datetime.now(timezone.utc) - timedelta(seconds=ago_s)
    return f'{address} - - [{when:%d/%b/%Y:%H:%M:%S +0000}] "GET / HTTP/1.1" 200 612 "-" "-"'


class Aggregating:
    """A server whose jail aggregates, and the access log that it looks at."""

    def __init__(self, namespace: Namespace, directory: Path) -> None:
        self.access_log = directory / "access.log"
        self.server = Fail2ban(namespace, directory, variables={"PYTHONPATH": f"{directory}:{REPOSITORY}"})
        settings = directory / "visitors.conf"
        settings.write_text(f"[visitors]\nlogs = {self.access_log}\n")
        (directory / "sitecustomize.py").write_text(QUICK.format(settings=str(settings)))
        state, report = directory / "state", self.server.report_action
        self.server.configure(JAILS.format(state=state, report=report))

    def start(self) -> None:
        self.server.start()
        self.server.wait_for_rules(JAIL)

    def ban(self, *addresses: str, ttl: int = 0) -> None:
        write_lines(self.server.connmon_log, *(suspect(address, ttl=ttl) for address in addresses))
        self.server.wait_until(lambda: set(addresses) <= self.banned(), f"{len(addresses)} bans")

    def banned(self) -> set[str]:
        return set(self.server.find_banned(JAIL))

    def networks(self) -> set[str]:
        return {each for each in self.banned() if "/" in each}

    def stats(self) -> dict[str, Any]:
        return self.server.read_stats(JAIL)

    def wait_for_spared(self, text: str) -> None:
        self.server.wait_until(lambda: text in self.stats()["aggregate"]["last_spared"], text)

    def events(self) -> list[dict[str, Any]]:
        path = self.server.directory / "connmon_events.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def reset(self) -> None:
        self.server.run_client("unban", "--all")
        self.access_log.write_text(visit("192.0.2.200", 3 * 86400) + "\n")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aggregating]:
    with link_namespaces("f2bagg") as (server, _client):
        made = Aggregating(server, tmp_path_factory.mktemp("aggregate"))
        made.start()
        yield made
        made.server.stop()
        assert "Traceback" not in made.server.log.read_text()


@pytest.fixture
def host(running: Aggregating) -> Aggregating:
    running.reset()
    return running


def test_the_prefix_follows(host: Aggregating) -> None:
    """Four of sixteen: the prefix is banned by the jail, with line, event and reason; the singles stay."""
    singles = ["198.51.100.17", "198.51.100.19", "198.51.100.22", "198.51.100.30"]
    before = host.stats()["aggregated"]
    host.ban(*singles)
    host.server.wait_until(lambda: host.networks(), "a prefix")

    assert host.banned() == {*singles, "198.51.100.16/28"}
    host.server.wait_for_log(r"Aggregate: 198\.51\.100\.16/28 is banned, 4 of 16 addresses were")
    host.server.wait_until(
        lambda: any(each["subnet"] == "198.51.100.16/28" for each in host.events()), "event"
    )
    (event,) = [each for each in host.events() if each["subnet"] == "198.51.100.16/28" and each["ip"] is None]
    assert (event["type"], event["reason"], event["bantime"]) == ("ban", "aggregate 4 of 16 addresses", 3600)
    time.sleep(1)
    assert host.stats()["aggregated"] == before + 1


def test_what_a_person_lifts_stays_lifted(host: Aggregating) -> None:
    """The singles stay banned, and count no more for this prefix nor for a part of it; later bans do."""
    singles = [f"198.51.100.{last}" for last in (33, 34, 35, 36)]
    host.ban(*singles)
    host.server.wait_until(lambda: host.networks() == {"198.51.100.32/28"}, "a prefix")

    host.server.run_client("set", JAIL, "unbanip", "198.51.100.32/28")
    time.sleep(2)
    assert host.banned() == set(singles)

    later = [f"198.51.100.{last}" for last in (40, 41, 42, 43)]
    host.ban(*later)
    host.server.wait_until(lambda: host.networks(), "a prefix of later bans")
    assert host.networks() == {"198.51.100.32/28"}


def test_unban_all(host: Aggregating) -> None:
    """The prefix goes with the singles, and does not come back."""
    host.ban(*(f"198.51.100.{last}" for last in (49, 50, 51, 52)))
    host.server.wait_until(lambda: host.networks(), "a prefix")

    host.server.run_client("unban", "--all")
    time.sleep(1)
    assert host.banned() == set()


def test_a_visitor_of_the_week(host: Aggregating) -> None:
    """A client in the prefix that is not banned keeps it from being banned."""
    with host.access_log.open("a") as log:
        log.write(visit("198.51.100.70", 86400) + "\n")
    singles = [f"198.51.100.{last}" for last in (65, 66, 67, 68)]
    host.ban(*singles)

    host.wait_for_spared("198.51.100.64/28, 4 of 16 addresses banned: 1 visitors came from there")
    assert host.banned() == set(singles)


@pytest.mark.parametrize(
    ("log", "why"),
    [
        ("empty", "the access logs are younger than a day"),
        ("young", "the access logs are younger than a day"),
        ("missing", "no access log of these days"),
    ],
)
def test_unknown_visitors(host: Aggregating, log: str, why: str) -> None:
    """What is not known speaks against a ban."""
    host.access_log.write_text(visit("192.0.2.200") + "\n" if log == "young" else "")
    if log == "missing":
        host.access_log.unlink()
    singles = [f"198.51.100.{last}" for last in (81, 82, 83, 84)]
    host.ban(*singles)

    host.wait_for_spared("198.51.100.80/28")
    host.wait_for_spared(why)
    assert host.banned() == set(singles)


def test_who_is_protected(host: Aggregating) -> None:
    """An address of ignoreip in the prefix keeps it from being banned."""
    singles = [f"203.0.113.{last}" for last in (249, 251, 252, 253)]
    host.ban(*singles)

    host.wait_for_spared("203.0.113.240/28")
    host.wait_for_spared("203.0.113.250")
    assert host.banned() == set(singles)


def test_what_does_not_count(host: Aggregating) -> None:
    """Bans of minutes, which a page can make a browser cause, and those of a person."""
    host.ban(*(f"198.51.100.{last}" for last in (97, 98, 99, 100)), ttl=600)
    for last in (113, 114, 115, 116):
        host.server.run_client("set", JAIL, "banip", f"198.51.100.{last}")
    time.sleep(2)

    assert host.networks() == set()


def test_a_restart(host: Aggregating) -> None:
    """fail2ban holds the ticket: the prefix is back with the time that is left, and is not banned anew."""
    singles = [f"2001:db8:c:{part:x}::7" for part in (0x10, 0x11, 0x12, 0x13)]
    host.ban(*singles)
    host.server.wait_until(lambda: host.networks(), "a prefix")
    before = host.banned()
    assert before == {*singles, "2001:db8:c:10::/60"}

    host.server.restart()
    host.server.wait_for_rules(JAIL)
    host.server.wait_until(lambda: host.banned() == before, "the same bans")
    time.sleep(1)
    assert host.stats()["aggregated"] == 0
    host.server.wait_until(
        lambda: (
            {each["type"] for each in host.events() if each["subnet"] == "2001:db8:c:10::/60"}
            == {"ban", "restored"}
        ),
        "both events of the prefix",
    )
