"""Lines a second that the intake takes, beside what fail2ban reads: `python3 tests/bench/intake.py`, root.

Both as lines for each second of CPU, in one run. The intake runs as a service does, in a network namespace of
its own with the queue that systemd sets; its sender waits while that is full: every line comes out or counts.
Exit 1: under a limit, or a line is missing. About a minute.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.wait import wait_until  # noqa: E402

PYTHON = "/usr/bin/python3"
LIMIT, LIMIT_RSS_MIB = 4.0, 64
QUEUE_LENGTH = 512
TICKS = os.sysconf("SC_CLK_TCK")
MESSAGE = (
    "[info] 27472#27472: *%d client timed out (110: Connection timed out) while SSL handshaking, "
    "client: %s, server: 0.0.0.0:443"
)
OPEN = "lines_address = 10000000\nlines_total = 10000000\n"

#: reads a log by fail2ban's own code, as a jail would: (filter, log, lines, rounds, message)
FAIL2BAN = """
import logging, os, shutil, sys, tempfile, time
from fail2ban.client.filterreader import FilterReader
from fail2ban.server.filterpoll import FilterPoll
from fail2ban.tests.dummyjail import DummyJail
logging.getLogger("fail2ban").setLevel(logging.CRITICAL)
source, log, lines, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
with tempfile.TemporaryDirectory() as base:
    os.mkdir(base + "/filter.d")
    shutil.copy(source, base + "/filter.d/bench.conf")
    reader = FilterReader("bench", "bench", {}, share_config=None, basedir=base)
    reader.read()
    reader.getOptions({})
    found = FilterPoll(DummyJail())
    add = {"addfailregex": found.addFailRegex, "addignoreregex": found.addIgnoreRegex}
    for command in reader.convert():
        for regex in (command[3] if command[0] == "multi-set" else [command[3]]) if command[2] in add else ():
            add[command[2]](regex)
        if command[2] == "datepattern":
            found.setDatePattern(command[3])
        if command[2] == "prefregex":
            found.prefRegex = command[3]
found.setMaxRetry(10 ** 9)
found.active = True
open(log, "w").close()
found.addLogPath(log)
now, best = time.strftime("%Y/%m/%d %H:%M:%S "), 0.0
for _round in range(rounds):
    with open(log, "a") as file:
        for number in range(lines):
            file.write(now + sys.argv[5] % (number, "198.51.%d.%d" % (number % 64, number % 250)) + chr(10))
    begun = time.process_time()
    found.getFailures(log)
    best = max(best, lines / (time.process_time() - begun))
assert found.failManager.getFailTotal() == lines * rounds, found.failManager.getFailTotal()
print(best)
"""


class Case(NamedTuple):
    """What arrives: the text of line N, and more settings of the intake."""

    name: str
    text: Callable[[int], str]
    settings: str = ""
    tag: str = "nginx"


def _v4(number: int) -> str:
    # as many at once as the intake lets through by default
    return MESSAGE % (number, f"10.0.{number % 5000 // 250}.{number % 250}")


def _v6(number: int) -> str:
    return MESSAGE % (number, f"2001:db8:{number >> 16:x}:{number & 65535:x}::1")


def _forged(number: int) -> str:
    return (MESSAGE % (number, "198.51.100.7")) + ', request: "GET /x\n2026/11/22 15:34:01 client timed out'


def _unread(number: int) -> str:
    path = f"/style.css, client: 198.51.{number % 250}.{number % 199}, server: x" + "x" * 1500
    return f'[error] 27472#27472: *{number} open() "{path}" failed (2: No such file or directory), client: '


def _served(number: int) -> str:
    return f"198.51.{number % 20}.{number % 250} 200 1"


def _access(number: int) -> str:
    return (
        f"198.51.{number % 20}.{number % 250} - - [22/Nov/2026:15:34:01 +0000] "
        f'"POST /upload/{number} HTTP/1.1" 408 0 "-" "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"'
    )


CASES = (
    Case("a flood of one address", lambda number: MESSAGE % (number, "198.51.100.7")),
    Case("every line another IPv6 address", _v6),
    Case("a flood of lines with line feeds", _forged),
    Case("5,000 addresses, all pass", _v4, OPEN),
    Case("lines with line feeds, all pass", _forged, OPEN),
    Case("the access log, all pass", _access, OPEN, "nginx_access"),
    Case("paths with other people's addresses", _unread),
    Case("answered requests", _served, "", "nginx_served"),
)


class Found(NamedTuple):
    """Lines for each second of CPU and of the clock, memory in MiB, and what did not come out."""

    per_cpu_s: float
    per_s: float
    rss_mib: float
    missing: int


def fail2ban(lines: int, rounds: int) -> float:
    """Lines per CPU second of the filter that reads the intake's file."""
    with tempfile.TemporaryDirectory(prefix="f2bint-bench-") as directory:
        source = REPOSITORY / "filter.d" / "nginx-ideolab-slowtls.conf"
        words = [PYTHON, "-c", FAIL2BAN, str(source), f"{directory}/log", str(lines), str(rounds), MESSAGE]
        return float(subprocess.run(words, capture_output=True, text=True, check=True, timeout=300).stdout)


def _cpu_s(pid: int) -> float:
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(words[11]) + int(words[12])) / TICKS


def _start(place: Path, settings: str) -> subprocess.Popen[bytes]:
    (place / "f2b.conf").write_text(
        f"[paths]\nlog_dir = {place}\ntextfile_dir = {place}\n"
        f"[intake]\nsocket = {place}/s\nsenders = {os.geteuid()}\n{settings}"
    )
    words = [PYTHON, "-m", "ideolab_f2b", "intake", "--config", f"{place}/f2b.conf"]
    script = f'echo {QUEUE_LENGTH} >/proc/sys/net/unix/max_dgram_qlen && exec "$@"'
    service = subprocess.Popen(["unshare", "--net", "sh", "-c", script, "sh", *words], cwd=REPOSITORY)
    wait_until((place / "s").is_socket, "the intake did not start", is_alive=lambda: service.poll() is None)
    time.sleep(0.2)
    return service


def _send(path: Path, datagrams: list[bytes]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as nginx:
        nginx.connect(str(path))
        for data in datagrams:
            nginx.send(data)


def measure(case: Case, lines: int) -> Found:
    """One run of one case."""
    now = time.strftime("%Y/%m/%d %H:%M:%S")
    start = f"<190>Nov 22 15:34:01 {case.tag}: " + (f"{now} " if case.tag == "nginx" else "")
    datagrams = [(start + case.text(number)).encode() for number in range(lines)]
    with tempfile.TemporaryDirectory(prefix="f2bint-bench-") as directory:
        place = Path(directory)
        service = _start(place, case.settings)
        before, begun = _cpu_s(service.pid), time.monotonic()
        _send(place / "s", datagrams)
        service.send_signal(signal.SIGSTOP)
        rss = int((Path(f"/proc/{service.pid}/status").read_text()).partition("VmHWM:")[2].split()[0]) / 1024
        service.send_signal(signal.SIGCONT)
        service.terminate()
        _pid, status, usage = os.wait4(service.pid, 0)
        service.returncode = status
        taken, seconds = usage.ru_utime + usage.ru_stime - before, time.monotonic() - begun
        return Found(lines / taken, lines / seconds, rss, lines - _counted(place))


def _counted(place: Path) -> int:
    """What was written and what was collapsed, if the file holds as many lines as it should."""
    counts = dict(re.findall(r'\{result="(\w+)"\} (\d+)', (place / "ideolab_intake.prom").read_text()))
    held = sum(path.read_bytes().count(b"\n") for path in place.glob("nginx-*.log"))
    if held != int(counts["written"]) + int(counts["summary"]):
        raise SystemExit(f"{held} lines in the file: {counts}")
    return sum(int(counts[result]) for result in ("written", "collapsed", "unread", "served", "spared"))


def report(case: Case, found: list[Found], theirs: float) -> bool:
    """Print the ratio of one case; whether it keeps the limits."""
    ratio = statistics.median(one.per_cpu_s for one in found) / theirs
    rss, missing = max(one.rss_mib for one in found), sum(one.missing for one in found)
    is_kept = ratio >= LIMIT and rss <= LIMIT_RSS_MIB and missing == 0
    rate = statistics.median(one.per_s for one in found)
    print(
        f"{'ok  ' if is_kept else 'OVER'} {case.name}: {ratio:.1f} x fail2ban (limit {LIMIT:.0f}), "
        f"{ratio * theirs:,.0f} lines per CPU second ({rate:,.0f} by the clock, with the sender), "
        f"{missing} missing (limit 0), {rss:.0f} MiB (limit {LIMIT_RSS_MIB})",
        flush=True,
    )
    return is_kept


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if os.geteuid():
        parser.error("needs root: a network namespace of its own")
    theirs, found = [], {case: list[Found]() for case in CASES}
    for _round in range(arguments.rounds):
        theirs.append(fail2ban(20_000, 2))
        for case, results in found.items():
            results.append(measure(case, arguments.lines))
    reads = statistics.median(theirs)
    print(f"fail2ban reads {reads:,.0f} lines per CPU second with nginx-ideolab-slowtls", flush=True)
    kept = [report(case, results, reads) for case, results in found.items()]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
