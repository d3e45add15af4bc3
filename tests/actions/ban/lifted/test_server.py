"""A real fail2ban-server that is killed: what was lifted stays lifted, what is over stays over."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import time
from datetime import datetime, timezone
from ipaddress import ip_network
from pathlib import Path
from typing import Callable

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace
from ideolab_f2b import logline
from ideolab_f2b.bans.unban import unban
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.actions.test_restart import elements, written
from tests.fw_ip.conftest import PROGRAM
from tests.lab.lines import by_hand, suspect, write_lines

pytestmark = pytest.mark.root
Start = Callable[..., Fail2ban]

MANUAL, CONNMON, NET, TRASHIP = "ideolab-manual", "ideolab-connmon", "ideolab-connmon-net", "ideolab-traship"
JAILS = f"[{MANUAL}]\nenabled = true\n[{CONNMON}]\nenabled = true\nfindtime = 3600\n"
#: the address whose line ends a log: once it is banned, all lines were read
LAST = "198.51.100.250"


def kill(server: Fail2ban) -> None:
    """End the server as a crash does."""
    os.kill(server.read_pid(), signal.SIGKILL)
    server.stop()
    server.socket.unlink(missing_ok=True)


def banned(server: Fail2ban, jail: str) -> set[str]:
    return set(server.find_banned(jail))


def wait_for(server: Fail2ban, jail: str, *networks: str) -> None:
    server.wait_until(lambda: set(networks) <= banned(server, jail), f"bans of {networks} in {jail}")


def noted_at(server: Fail2ban, address: str) -> float:
    """The time by which the ban in the database was admitted; 0 before there is one."""
    with sqlite3.connect(f"file:{server.database}?mode=ro", uri=True) as database:
        row = database.execute("SELECT data FROM bips WHERE ip = ?", [address]).fetchone()
    return float(json.loads(row[0]).get("offence_at", 0)) if row else 0.0


def read_again(server: Fail2ban) -> None:
    """Start the server, and wait until it has read its logs."""
    # with milliseconds: one of whole seconds could be of before an unban
    now = datetime.now(timezone.utc)
    write_lines(server.manual_log, logline.format_line(now, "manual", "ban", LAST, {"ttl": 3600}))
    write_lines(server.connmon_log, suspect(LAST))
    server.start()
    for jail in (MANUAL, CONNMON):
        wait_for(server, jail, LAST)


def forget_positions(server: Fail2ban) -> None:
    """Set back how far the logs were read: fail2ban writes that down now and then only."""
    with sqlite3.connect(server.database) as database:
        database.execute("UPDATE logs SET lastfilepos = 0")
    database.close()


def test_a_lift_outlives_a_kill(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """By each way to unban; with positions that were not written yet, and without a database.

    The parts of a network go with it.
    """
    server = start(lone, JAILS)
    hands = [f"198.51.100.{number}" for number in range(1, 8)] + ["203.0.113.0/24", "2001:db8:c:1::/64"]
    write_lines(server.manual_log, *(by_hand(each, "permanent") for each in hands))
    write_lines(server.connmon_log, suspect("198.51.100.1"), suspect("2001:db8:c:2::9"))
    wait_for(server, MANUAL, *hands)
    wait_for(server, CONNMON, "198.51.100.1", "2001:db8:c:2::9")

    server.ask("set", MANUAL, "unbanip", "198.51.100.2", "203.0.113.0/24")
    server.run_client("unban", "198.51.100.1", "2001:db8:c:1::/64")
    lone.run(str(PROGRAM), "--socket", str(server.socket), "unban", "198.51.100.3")
    with lone.enter():
        unban([ip_network("198.51.100.4/31"), ip_network("2001:db8:c:2::/64")], ("-s", str(server.socket)))
    stay = {"198.51.100.6", "198.51.100.7", LAST}

    def require() -> None:
        """Once the last lines are read, and the rows restored."""
        wait_for(server, CONNMON, LAST)
        wait_for(server, MANUAL, *stay)
        assert (banned(server, MANUAL), banned(server, CONNMON)) == (stay, {LAST})

    kill(server)
    forget_positions(server)
    read_again(server)
    require()
    kill(server)
    server.database.unlink()
    read_again(server)
    require()
    server.reload()
    server.restart()
    require()
    server.wait_until(lambda: elements(lone_kernel, "ideolab_manual").keys() == stay, "the elements")


def test_unban_all_outlives_a_kill(lone: Namespace, start: Start) -> None:
    """It is one entry of each jail; later lines ban, in the same second too, and their bans come back."""
    server = start(lone, JAILS)
    for words in (("unban", "--all"), ("reload", "--unban")):
        write_lines(
            server.manual_log, by_hand("198.51.100.1", "permanent"), by_hand("2001:db8:c::/64", "900")
        )
        write_lines(server.connmon_log, suspect("198.51.100.2"))
        wait_for(server, MANUAL, "198.51.100.1", "2001:db8:c::/64")
        wait_for(server, CONNMON, "198.51.100.2")
        server.run_client(*words)
    write_lines(server.manual_log, by_hand("198.51.100.3", "900"))
    write_lines(server.connmon_log, suspect("198.51.100.2"))
    wait_for(server, MANUAL, "198.51.100.3")
    wait_for(server, CONNMON, "198.51.100.2")
    # the observer has written what stands there before the row
    server.wait_until(lambda: written(server, "198.51.100.3"), "the row")

    kill(server)
    server.database.unlink()
    read_again(server)

    assert banned(server, MANUAL) == {"198.51.100.3", LAST}
    assert banned(server, CONNMON) == {"198.51.100.2", LAST}


def test_an_order_after_an_unban(lone: Namespace, start: Start) -> None:
    """Its row, which the database rounds to a second, is no row of before."""
    server = start(lone, JAILS)
    write_lines(server.manual_log, by_hand("198.51.100.1", "permanent"))
    wait_for(server, MANUAL, "198.51.100.1")
    for _turn in range(3):
        server.ask("set", MANUAL, "unbanip", "198.51.100.1")
        ordered = time.time()
        server.ask("set", MANUAL, "banip", "198.51.100.1")

    # a server that ends writes for five seconds, which may be too few on a busy machine
    server.wait_until(lambda: noted_at(server, "198.51.100.1") >= ordered, "the order is in the database")
    server.restart()

    wait_for(server, MANUAL, "198.51.100.1")


def offences(address: str, count: int) -> list[str]:
    now = datetime.now(timezone.utc)
    plain = {"reason": "sensitive_path", "status": "403", "method": "GET"}
    return [
        logline.format_line(now, "traship", "offence", address, plain, {"path": f"/.env{number}"})
        for number in range(count)
    ]


def test_ten_offences_are_needed_anew(lone: Namespace, start: Start, tmp_path: Path) -> None:
    """Those of before the unban are read again and count for nothing; so do two lines about a network."""
    traship = tmp_path / "traship.log"
    traship.touch()
    jails = f"[{TRASHIP}]\nenabled = true\nlogpath = {traship}\n[{NET}]\nenabled = true\nfindtime = 3600\n"
    server, client, network = start(lone, jails), "2001:db8:c:3::/64", "203.0.113.0/24"
    write_lines(traship, *offences(client, 10))
    write_lines(server.connmon_log, suspect(network), suspect(network))
    wait_for(server, TRASHIP, client)
    wait_for(server, NET, network)
    server.run_client("unban", client, network)
    kill(server)
    server.database.unlink()
    write_lines(traship, *offences(client, 9), *offences(LAST, 10))
    write_lines(server.connmon_log, *[suspect("198.51.100.0/24")] * 2)
    server.start()
    wait_for(server, TRASHIP, LAST)
    wait_for(server, NET, "198.51.100.0/24")
    assert (banned(server, TRASHIP), banned(server, NET)) == ({LAST}, {"198.51.100.0/24"})

    write_lines(traship, *offences(client, 1))
    write_lines(server.connmon_log, suspect(network), suspect(network))

    wait_for(server, TRASHIP, client)
    wait_for(server, NET, network)


def test_what_is_over(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """Without a database a line bans for the rest of its time, its own or its jail's; not a moment longer."""
    server = start(lone, JAILS)
    kill(server)
    server.database.unlink()
    write_lines(
        server.manual_log,
        by_hand("198.51.100.1", "600", ago_s=601),
        by_hand("198.51.100.2", "600", ago_s=300),
        by_hand("198.51.100.3", "permanent", ago_s=80_000),
        by_hand("2001:db8:c:1::/64", "60", ago_s=80_000),
    )
    write_lines(server.connmon_log, suspect("198.51.100.1", 700, ttl=600), suspect("198.51.100.2", 700))
    read_again(server)

    found = {**elements(lone_kernel, "ideolab_manual"), **elements(lone_kernel, "ideolab_manual6")}
    assert set(found) == {"198.51.100.2", "198.51.100.3", LAST}
    assert 200 < (found["198.51.100.2"] or 0) <= 300 and found["198.51.100.3"] is None
    assert banned(server, CONNMON) == {"198.51.100.2", LAST}
    log = server.log.read_text()
    assert "Ban 198.51.100.1\n" not in log and "Ban 2001:db8:c:1::/64\n" not in log
