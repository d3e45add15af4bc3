"""What the report action costs a burst of bans when nobody answers for origins. Root; some minutes.

Real fail2ban-servers in a namespace of their own ban bursts of 5,000 addresses, in turn with and without the
report, where whois never answers and where it answers a byte a second. Exits 1 when a limit is missed.
"""

from __future__ import annotations

import socket
import statistics
import sys
import tempfile
import threading
import time
import timeit
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.fail2ban import Fail2ban  # noqa: E402
from demo.lab.namespace import Namespace, link_namespaces  # noqa: E402
from demo.lab.wait import wait_until  # noqa: E402
from ideolab_f2b import metrics  # noqa: E402
from ideolab_f2b.actions.report.counters import Counters  # noqa: E402
from ideolab_f2b.actions.report.reporter import Reporter  # noqa: E402
from tests.lab.lines import suspect, write_lines  # noqa: E402

BURST, ROUNDS, PORT = 5000, 11, 4343
#: fail2ban sleeps up to 0.4 s between two looks, a quarter of a burst: with latency=low both lose 10 ms
BANS = "ideolab-ban.py[set=bench, kill=no, latency=low]"
JAIL = """\
[bench]
enabled = true
filter = ideolab-connmon[scope=ip]
logpath = {directory}/connmon.log
findtime = 3600
bantime = 3600
action = {bans}
         {report}
"""


@contextmanager
def whois(namespace: Namespace, is_dripping: bool) -> Iterator[None]:
    """A server that takes connections and says nothing, or a byte a second."""
    with namespace.enter():
        listener = socket.create_server(("127.0.0.1", PORT))
    end = threading.Event()
    listener.settimeout(0.2)
    taken: list[socket.socket] = []

    def serve() -> None:
        while not end.is_set():
            with suppress(OSError):
                taken.append(listener.accept()[0])

    def drip() -> None:
        while not end.wait(1.0):
            for each in list(taken):
                try:
                    each.send(b"1")
                except OSError:
                    taken.remove(each)

    threads = [threading.Thread(target=serve), *([threading.Thread(target=drip)] if is_dripping else [])]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        end.set()
        for thread in threads:
            thread.join()
        for each in [*taken, listener]:
            each.close()


@contextmanager
def running(namespace: Namespace, has_report: bool) -> Iterator[Fail2ban]:
    with tempfile.TemporaryDirectory(prefix="f2bb-bench-") as name:
        directory = Path(name)
        server = Fail2ban(namespace, directory)
        # found nothing: asked again at once, so that each burst meets a look-up
        text = f"[origin]\ncymru_host = 127.0.0.1\ncymru_port = {PORT}\nretry_s = 1\nipwhois = 0\n[paths]\n"
        text += "".join(f"{each} = {directory}\n" for each in ("log_dir", "state_dir", "textfile_dir"))
        server.settings.write_text(text)
        report = server.report_action if has_report else ""
        server.configure(JAIL.format(directory=directory, bans=BANS, report=report))
        try:
            server.start()
            server.wait_for_rules("bench")
            yield server
        finally:
            server.stop()


def addresses(first: int) -> list[str]:
    """Public ones: others are never looked up. They are banned in our namespace only."""
    return [f"44.{each >> 16 & 255}.{each >> 8 & 255}.{each & 255}" for each in range(first, first + BURST)]


def banned(server: Fail2ban) -> int:
    return int(dict(dict(server.ask("status", "bench", "short"))["Actions"])["Currently banned"])


def burst(server: Fail2ban, first: int) -> float:
    """Bans per second, by fail2ban's own log."""
    server.log.write_text("")
    before = banned(server)
    write_lines(server.connmon_log, *map(suspect, addresses(first)))
    wait_until(
        lambda: banned(server) == before + BURST,
        lambda: f"not all are banned:\n{server.tail()}",
        every_s=0.25,
    )
    log = server.log.read_text().splitlines()
    begin = next(line for line in log if "[bench] Found " in line)
    end = next(line for line in reversed(log) if "[bench] Ban " in line)
    times = [datetime.strptime(line.lstrip("\0")[:23], "%Y-%m-%d %H:%M:%S,%f") for line in (begin, end)]
    return BURST / (times[1] - times[0]).total_seconds()


def ratio(namespace: Namespace, name: str, is_dripping: bool) -> float:
    """Median of the time of a burst with the report action by that of the one beside it without."""
    rates: dict[bool, list[float]] = {False: [], True: []}
    with (
        whois(namespace, is_dripping),
        running(namespace, False) as plain,
        running(namespace, True) as reporting,
    ):
        for turn in range(ROUNDS):
            order = (plain, reporting) if turn % 2 else (reporting, plain)
            for server in order:
                rates[server is reporting].append(burst(server, turn * BURST + 1))
            # the look-up of the last burst is still waiting when the next one comes
            time.sleep(1.0)
        queue = reporting.read_stats("bench", "ideolab-report")["queue"]
        print(f"  {name}: {queue} of {ROUNDS * BURST} still wait for origins")
        if not queue:
            raise AssertionError("the whois server did not hold the worker: nothing was measured")
        reporting.ask("unban", "--all")
    both = {kind: statistics.median(found) for kind, found in rates.items()}
    # neighbours in time: what else runs on the machine meets both alike
    pairs = [without / with_it for without, with_it in zip(rates[False], rates[True])]
    found = statistics.median(pairs)
    spread = [f"{min(each):.0f}-{max(each):.0f}" for each in rates.values()]
    print(
        f"  {name}: {both[False]:.0f} bans/s without ({spread[0]}), {both[True]:.0f} with ({spread[1]})",
        flush=True,
    )
    return found


def microseconds() -> float:
    """Of one put() into a queue on disk, without a worker."""
    info = {
        "ip": "198.51.100.7", "time": time.time(), "bantime": 600, "failures": 1,
        "matches": suspect("198.51.100.7"),
    }  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="f2bb-bench-") as directory:
        reporter = Reporter(Path("/nonexistent"), Path(directory, "state"))
        reporter._queue.spool.open()
        took = timeit.repeat(lambda: reporter.put("ban", "bench", info), number=2000, repeat=7)
        reporter._queue.spool.close()
    return min(took) / 2000 * 1e6


def series(bans: int = 100_000) -> int:
    """Of counters that have seen so many bans, of 30 jails, 250 countries and 30,000 ASNs."""
    counters = Counters()
    for number in range(bans):
        scope, family = ("ip", "net")[number % 7 == 0], ("inet", "inet6")[number % 3 == 0]
        counters.count_ban(f"jail-{number % 7}", scope, family)
        country = f"{chr(65 + number % 26)}{chr(65 + number // 26 % 10)}"
        counters.count_origin(country, str(number * 7919 % 30_000))
        counters.count_events("written")
        counters.count_unban(f"jail-{number % 7}")
    text = metrics.render(counters.collect()).decode()
    return sum(not line.startswith("#") for line in text.splitlines())


def main() -> int:
    with link_namespaces("f2bb-bench") as network:
        # other burdens of the machine hit both sides
        black = ratio(network[0], "whois never answers", False)
        drip = ratio(network[0], "whois answers a byte a second", True)
    kept = True
    for text, value, limit in (
        ("burst of 5,000 bans, time with / without report, whois never answers", black, 1.10),
        ("burst of 5,000 bans, time with / without report, a byte a second", drip, 1.10),
        ("microseconds of one put()", microseconds(), 100.0),
        ("series at 100,000 bans", series(), 300.0),
    ):
        kept &= value <= limit
        print(f"{'ok  ' if value <= limit else 'OVER'} {text}: {value:.3g} (limit <= {limit:g})", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
