"""service: the whole intake in a process of its own, its socket and files below a directory of the test."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable

import pytest

from demo.lab.wait import ENOUGH_S, wait_until
from ideolab_f2b.intake import kind
from tests.intake import forgery
from tests.intake.filters import MODES, failures
from tests.intake.recorded import datagrams

REPOSITORY = Path(__file__).resolve().parents[2]
HEADER = b"<190>Nov 22 15:34:01 nginx: "
LINE = b"2026/11/22 15:34:01 [info] 7#7: *%d client timed out while SSL handshaking, client: %s, server: x"


class Service:
    """The verb `intake` with everything below `place`."""

    def __init__(self, place: Path, settings: str = "") -> None:
        self.place = place
        self.socket, self.log = place / "s", place / "nginx-error.log"
        (place / "f2b.conf").write_text(
            f"[paths]\nlog_dir = {place}\ntextfile_dir = {place}\n"
            f"[intake]\nsocket = {self.socket}\nsenders = {os.geteuid()}\n{settings}"
        )
        self.output = place / "output"
        words = [sys.executable, "-m", "ideolab_f2b", "intake", "--config", str(place / "f2b.conf")]
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(words, cwd=REPOSITORY, stderr=output)

    def send(self, *messages: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nginx:
            nginx.connect(str(self.socket))
            for message in messages:
                nginx.send(message)

    def wait_until(self, is_ready: Callable[[], object], what: str) -> None:
        """Return when `is_ready` says so; a service that has ended is an error."""
        wait_until(
            is_ready,
            lambda: f"{what}:\n{self.output.read_text()}",
            is_alive=lambda: self.process.poll() is None,
            every_s=0.01,
        )

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(ENOUGH_S)

    def counts(self) -> dict[str, float]:
        """The metrics of the last writing."""
        text = (self.place / "ideolab_intake.prom").read_text()
        return {name: float(value) for name, value in re.findall(r'\{result="(\w+)"\} (\S+)', text)}

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []


@contextmanager
def running(place: Path, settings: str = "") -> Iterator[Service]:
    """Listening, and ended whatever happens."""
    service = Service(place, settings)
    try:
        service.wait_until(service.socket.is_socket, "no socket")
        yield service
    finally:
        service.process.kill()
        service.process.wait(ENOUGH_S)


def line(number: int, address: str = "192.0.2.7") -> bytes:
    """A datagram of the error log."""
    return HEADER + LINE % (number, address.encode())


@pytest.fixture(scope="module")
def forged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(what the intake makes of recorded attempts, what a file of nginx's would hold)"""
    place = tmp_path_factory.mktemp("i")
    recorded = datagrams("forged.1.22.1.txt")
    with running(place) as service:
        service.send(*recorded)
        assert service.stop() == 0
    plain = place / "plain.log"
    texts = [data.partition(b" nginx: ")[2] for data in recorded if b" nginx: 2026" in data]
    plain.write_bytes(b"\n".join(texts) + b"\n")
    return service.log, plain


def test_each_datagram_is_one_line(forged: tuple[Path, Path]) -> None:
    """Of nginx's own form, with nothing in it but printable ASCII; what no filter reads is not there."""
    text = forged[0].read_text()
    lines = [data.partition(b" nginx: ")[2] for data in datagrams("forged.1.22.1.txt") if b" nginx: " in data]

    assert text.count("\n") == sum(kind.classify_error(line) != kind.UNREAD for line in lines)
    assert "open()" not in text
    assert text.isascii() and text.replace("\n", "").isprintable()
    assert re.fullmatch(r"(2026/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: .*\n)*", text)


def test_the_access_log_goes_to_a_file_of_its_own(forged: tuple[Path, Path]) -> None:
    """By its tag; of nginx's own format only the statuses that a filter reads."""
    text = forged[0].with_name("nginx-access.log").read_text()
    lines = [data.partition(b" nginx_access: ")[2] for data in datagrams("forged.1.22.1.txt")]

    assert text.count("\n") == sum(kind.classify_access(line) != kind.UNREAD for line in lines)
    assert set(re.findall(r'" (\d{3}) \d+ "', text)) <= {"000", "400", "405", "408", "413", "499"}
    assert set(re.findall(r"^\S+", text, re.MULTILINE)) == {forgery.ATTACKER}


@pytest.mark.needs("fail2ban")
@pytest.mark.parametrize("mode", MODES)
def test_no_forged_line_is_counted(forged: tuple[Path, Path], mode: str) -> None:
    """In no mode of the filter is anybody blamed whom the attacker named."""
    victims = {*forgery.LINE_VICTIMS, forgery.WORD_VICTIM}

    assert set(failures(forged[0], mode)) & victims == set()


@pytest.mark.needs("fail2ban")
def test_a_file_of_nginx_would_have_been_believed(forged: tuple[Path, Path]) -> None:
    """The same messages without the intake: three requests make 19 failures of three victims."""
    found = failures(forged[1])

    assert [found[victim] for victim in forgery.LINE_VICTIMS] == [9, 9, 1]
    # those whom the lines are really about are counted either way
    assert failures(forged[0]) == {"203.0.113.95": 3, forgery.ATTACKER: 2}


def test_what_is_queued_is_written_before_the_end(place: Path) -> None:
    """SIGTERM in the middle: the service is frozen while nginx sends, and told to stop before it goes on."""
    with running(place, "lines_address = 1000\n") as service:
        service.send(line(0))
        service.wait_until(lambda: len(service.lines()) == 1, "not one line")
        os.kill(service.process.pid, signal.SIGSTOP)
        # as many as the shortest queue takes
        service.send(*[line(number) for number in range(1, 11)])
        service.process.terminate()
        os.kill(service.process.pid, signal.SIGCONT)
        assert service.process.wait(ENOUGH_S) == 0

    assert [text.split("*")[1].split()[0] for text in service.lines()] == [
        str(number) for number in range(11)
    ]
    assert service.counts()["written"] == 11
    assert not service.socket.exists()


@pytest.mark.alone
def test_a_stop_is_quick_while_nobody_sends(place: Path) -> None:
    """It does not wait for the next look at the socket."""
    with running(place) as service:
        service.send(line(0))
        service.wait_until(lambda: len(service.lines()) == 1, "not one line")
        begun = time.monotonic()
        assert service.stop() == 0

    assert time.monotonic() - begun < 0.9


def test_a_flood_is_counted_to_the_last_line(place: Path) -> None:
    """20,000 lines of one address: fifty a second pass, and the sum of all numbers is right."""
    with running(place) as service:
        service.send(*[line(number) for number in range(20_000)], line(1, "2001:db8::7"))
        assert service.stop() == 0
    counts, lines = service.counts(), service.lines()
    summaries = [text for text in lines if " intake: collapsed 192.0.2.7 lines=" in text]

    assert counts["written"] + counts["collapsed"] == 20_001
    assert len(lines) == counts["written"] + counts["summary"]
    assert counts["written"] <= 0.02 * 20_001
    assert sum(int(re.findall(r" lines=(\d+) ", text)[0]) for text in summaries) == counts["collapsed"]
    assert any("client: 2001:db8::/64," in text for text in lines)


def test_malformed_datagrams_are_counted_and_told_once(place: Path) -> None:
    """No header, a wrong tag, binary, 64 kB, empty, the other log under this tag: none becomes a line."""
    bad = [
        b"",
        b"\0\xff\n" * 50,
        b"no header",
        b"<190>Nov 22 15:34:01 sshd: Failed password for root from 192.0.2.7",
        b"x" * 65536,
        HEADER + b'192.0.2.7 - - [22/Nov/2026:15:34:01 +0000] "GET / HTTP/1.1" 408 0',
    ]
    with running(place) as service:
        service.send(*bad * 3, line(1), b"x" * 65537)
        assert service.stop() == 0
    counts = service.counts()

    assert (counts["malformed"], counts["refused"], counts["written"]) == (18, 1, 1)
    assert len(service.lines()) == 1
    told = service.output.read_text()
    assert told.count('intake: a datagram without nginx\'s header and tag=nginx or tag=nginx_access: ""') == 1
    assert told.count("intake: tag=nginx came with a line of another log: ") == 1
    assert told.count("is refused: it is too long") == 1


def test_rotation_under_load_loses_no_line(place: Path) -> None:
    """The log is renamed again and again while lines come: all of them are in one file or another."""
    with running(place, "lines_address = 100000\nlines_total = 100000\n") as service:
        for part in range(20):
            service.send(*[line(number) for number in range(part * 100, part * 100 + 100)])
            service.wait_until(service.log.exists, "no log")
            service.log.rename(place / f"old.{part}")
        assert service.stop() == 0
    files = [*place.glob("old.*"), service.log]
    texts = "".join(path.read_text() for path in files if path.exists())

    assert sorted(map(int, re.findall(r"\*(\d+) ", texts))) == list(range(2000))


def test_a_full_disk_is_survived(place: Path) -> None:
    """It is said, what is lost is counted, and when there is space the lines go on."""
    (place / "nginx-error.log").symlink_to("/dev/full")
    with running(place) as service:
        service.send(line(0), line(1))
        service.wait_until(
            lambda: "No space left" in service.output.read_text(), "not a word of the full disk"
        )
        service.log.unlink()
        service.send(line(2))
        service.wait_until(lambda: len(service.lines()) == 1, "not one line")
        assert service.stop() == 0

    counts = service.counts()
    assert (counts["lost"], counts["written"]) == (2, 1)
    assert "lines are written again" in service.output.read_text()


def test_a_killed_service_starts_again_and_nginx_finds_it(place: Path) -> None:
    """The socket that is left behind is replaced; the old one refuses, so nginx connects anew."""
    with running(place) as service:
        service.process.kill()
        service.process.wait(ENOUGH_S)
    assert service.socket.is_socket()
    before = service.socket.stat().st_ino, service.socket.stat().st_ctime_ns
    with running(place) as service:
        service.wait_until(
            lambda: (service.socket.stat().st_ino, service.socket.stat().st_ctime_ns) != before,
            "the old socket is still there",
        )
        service.send(line(7))
        assert service.stop() == 0

    assert len(service.lines()) == 1


def test_a_second_service_does_not_start(place: Path) -> None:
    """One line, exit 1; the first goes on."""
    with running(place) as first:
        second = Service(place)
        assert second.process.wait(ENOUGH_S) == 1
        first.send(line(1))
        assert first.stop() == 0

    assert f"ideolab-f2b intake: {first.socket}: another program reads it" in second.output.read_text()
    assert len(first.lines()) == 1


@pytest.mark.alone
def test_a_deleted_socket_is_back_within_two_seconds(place: Path) -> None:
    """Nobody restarts anything."""
    with running(place) as service:
        service.socket.unlink()
        begun = time.monotonic()
        service.wait_until(service.socket.is_socket, "no new socket")
        assert time.monotonic() - begun < 2.0
        service.send(line(1))
        assert service.stop() == 0

    assert len(service.lines()) == 1


@pytest.mark.needs("fail2ban")
def test_no_summary_is_counted_by_any_filter(place: Path) -> None:
    """A collapsed flood gives the failures of the lines that passed, and no more."""
    message = HEADER + forgery.line("198.51.100.7").encode()
    with running(place) as service:
        service.send(*[message] * 3000)
        assert service.stop() == 0
    passed = sum(" intake: collapsed " not in text for text in service.lines())

    assert len(service.lines()) > passed
    assert failures(service.log, "extra") == {"198.51.100.7": passed}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("senders = nobody-of-this-name\n", "this host has none of these users: nobody-of-this-name"),
        ("error_tag = a\naccess_tag = a\n", "[intake] error_tag, access_tag and served_tag must differ"),
        ("bytes_hour = 0\n", "bytes_hour"),
        ("socket = /nonexistent/nginx.sock\n", "No such file or directory"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(place: Path, settings: str, message: str) -> None:
    """Exit 1 and the way out, no traceback."""
    config = place / "f2b.conf"
    config.write_text(f"[intake]\n{settings}")
    words = [sys.executable, "-m", "ideolab_f2b", "intake", "--config", str(config)]
    words += [] if "socket" in settings else ["--socket", str(place / "s")]
    done = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, timeout=120)

    assert done.returncode == 1
    assert message in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_answered_requests_spare_who_gets_them(place: Path) -> None:
    """375 answers and 15 timeouts of one address: no line. The same timeouts of another: 15."""
    answers = [b"<190>Nov 22 15:34:01 nginx_served: 192.0.2.7 200 1"] * 375
    with running(place) as service:
        service.send(*answers)
        # the answers are counted when a line that was sent after them is written
        service.send(line(0, "192.0.2.9"))
        service.wait_until(service.lines, "no line")
        service.send(*[line(number, f"192.0.2.{last}") for number in range(15) for last in (7, 8)])
        assert service.stop() == 0
    counts, text = service.counts(), "\n".join(service.lines())

    assert (counts["served"], counts["spared"], counts["malformed"]) == (375, 15, 0)
    assert (text.count("client: 192.0.2.7,"), text.count("client: 192.0.2.8,")) == (0, 15)
