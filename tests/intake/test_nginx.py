"""A real nginx that is lied to, restarted and flooded, its logs going through an unprivileged intake."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from collections.abc import Iterator

import pytest

from demo.attacker import client_hello, connect
from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import write_distribution
from demo.lab.wait import wait_until
from ideolab_f2b.connmon.pressure import alert
from ideolab_f2b.intake import kind
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.intake import forgery
from tests.intake.filters import MODES, failures
from tests.intake.front import HEADER_TIMEOUT_S, TEMPLATE, UID, Front, front, intake

pytestmark = pytest.mark.root

HONEST = "203.0.113.95"
#: as it is shipped, but for the place of its log
JAIL = """\
[nginx-ideolab-slowtls]
enabled = true
logpath = {log}
"""


def touch(place: Front, count: int, address: str = HONEST) -> None:
    """Connections that are opened and closed: each leaves one line, from nginx's worker."""
    with place.client.enter():
        for _number in range(count):
            connect(address).close()


def came(place: Front, address: str = HONEST) -> int:
    """Lines about this address that the intake wrote."""
    return place.log.read_text().count(f", client: {address}, ") if place.log.exists() else 0


def collapsed(place: Front) -> list[int]:
    """Return how many lines stand behind each sum that the intake wrote."""
    return [
        int(found)
        for found in re.findall(rf" intake: collapsed {HONEST} lines=(\d+) ", place.log.read_text())
    ]


def knock(place: Front, address: str = HONEST) -> int:
    """Lines that came, after one more connection."""
    touch(place, 1, address)
    return came(place, address)


@pytest.fixture(scope="module")
def attempts() -> Iterator[Front]:
    """After every forgery, and three connections of an honest attacker."""
    with front("f2bint-forged") as place:
        with intake(place), place.client.enter():
            forgery.send_all(HEADER_TIMEOUT_S + 1)
            forgery.stay_silent(HONEST, 3, HEADER_TIMEOUT_S + 1)
        yield place


@pytest.mark.parametrize("mode", MODES)
def test_nobody_is_counted_for_what_another_sent(attempts: Front, mode: str) -> None:
    """Whole lines and words wherever nginx prints what a client sent: 0 failures of the victims."""
    assert set(failures(attempts.log, mode)) <= {forgery.ATTACKER, HONEST}


def test_the_same_requests_blame_others_in_a_file(attempts: Front) -> None:
    """The forgeries are good: in nginx's own file they count."""
    found = failures(attempts.nginx.error_log)

    assert [found[victim] for victim in forgery.LINE_VICTIMS] == [9, 9, 1]


def test_honest_failures_are_all_there(attempts: Front) -> None:
    """The filter sees what the file shows, but for the forged."""
    by_file, by_intake = failures(attempts.nginx.error_log, "extra"), failures(attempts.log, "extra")

    assert by_intake[HONEST] == 3
    assert by_intake == {address: by_file[address] for address in by_intake}


def test_every_line_that_a_filter_reads_came(attempts: Front) -> None:
    """As many lines as the file holds such messages; paths and headers of clients are not among them."""
    lines = _without_forged(attempts.file()).encode("latin-1").split(b"\n")
    read = [line for line in lines if kind.classify_error(line) not in (None, kind.UNREAD)]

    assert len(attempts.log.read_text().splitlines()) == len(read) > 10
    assert len(read) < len(lines)


def _without_forged(text: str) -> str:
    return re.sub(r"^.*\*66\d client timed out.*\n", "", text, flags=re.MULTILINE)


def test_a_full_nginx_is_known_to_connmon() -> None:
    """Its alert makes a file beside the socket new; before that there is none."""
    with front("f2bint-full", TEMPLATE.replace("{connections}", "64")) as place, intake(place):
        file = place.socket.with_name("worker-connections")
        wait_until(lambda: knock(place), "the first lines are missing")
        assert alert.age_s(file) is None
        with contextlib.ExitStack() as held, place.client.enter():
            for _number in range(100):
                with contextlib.suppress(OSError):
                    held.enter_context(connect(HONEST)).sendall(client_hello()[:200])
            wait_until(file.exists, "no alert came")

        age_s = alert.age_s(file)
        assert age_s is not None and age_s < 60
        assert "worker_connections" not in place.log.read_text()


def test_nginx_finds_an_intake_that_starts_late_or_anew() -> None:
    """nginx runs first; the intake comes, ends, comes again: the worker, who is not root, connects again."""
    with front("f2bint-anew") as place:
        touch(place, 1)
        with intake(place):
            wait_until(lambda: knock(place), "the first lines are missing")
        first = came(place)
        touch(place, 2)
        with intake(place):
            wait_until(lambda: knock(place) > first, "lines after the restart are missing")
            before = came(place)
            touch(place, 20)
            wait_until(lambda: came(place) >= before + 20, "a line after the restart is missing")

        # lost: those while nobody listened, and one that found out that the socket is another's
        assert place.file().count(f", client: {HONEST}, ") - came(place) <= 5


def test_a_deleted_socket_costs_no_line() -> None:
    """The running nginx goes on as if nothing had happened, and so does a reloaded one."""
    with front("f2bint-gone") as place, intake(place):
        wait_until(lambda: knock(place), "the first lines are missing")
        place.socket.unlink()
        touch(place, 20)
        wait_until(place.socket.exists, "the new socket is missing")
        begun = came(place)
        os.kill(place.nginx.pid, signal.SIGHUP)
        wait_until(lambda: place.file().count("exited with code 0"), "the old worker runs")
        touch(place, 20)
        wait_until(lambda: came(place) >= begun + 20, "a line after the reload is missing")

        assert came(place) == place.file().count(f", client: {HONEST}, ")


def test_a_burst_of_connections_fits_into_the_queue() -> None:
    """1,000 lines as fast as one client makes them, nothing lost: fifty for the filter, the rest a number."""
    with front("f2bint-burst") as place:
        with intake(place):
            wait_until(lambda: knock(place, "198.51.100.7"), "the first lines are missing")
            touch(place, 1000)
            wait_until(lambda: place.file().count(f", client: {HONEST}, ") == 1000, "nginx has not seen all")
            wait_until(lambda: came(place) + sum(collapsed(place)) >= 1000, "a line or a sum is missing")
        sums = collapsed(place)

        assert came(place) + sum(sums) == 1000
        assert came(place) <= 50 * (1 + len(sums))


def test_fail2ban_bans_a_slow_client_through_the_intake() -> None:
    """Twenty silent connections: nginx times them out, the intake writes it, the kernel drops the address."""
    with front("f2bint-ban") as place:
        place.log.touch()
        os.chown(place.log, UID, UID)
        jails = JAIL.format(log=place.log)
        directory, names = place.directory / "fail2ban", ("nginx-ideolab-slowtls",)
        fail2ban = Fail2ban(place.server, directory, jails, names, write_config=write_distribution).start()
        try:
            with intake(place):
                with place.client.enter():
                    forgery.send_all(0)
                    forgery.stay_silent(HONEST, 20, HEADER_TIMEOUT_S + 1)
                fail2ban.wait_until(lambda: banned(place), "the ban")
            found = banned(place)
        finally:
            fail2ban.stop()

    assert found == [f"{HONEST}/32"]


def banned(place: Front) -> list[str]:
    """What the kernel holds."""
    with place.server.enter():
        sets = Sets()
    try:
        return [str(element.network) for element in sets.elements("ideolab_slowtls")]
    finally:
        sets.close()
