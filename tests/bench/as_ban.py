"""An AS of 617 prefixes (OVH's number) as one ban, against its prefixes as tickets; and a preview. Root.

Runs a real fail2ban-server for each backend in a namespace of its own. Exits 1 when a limit is missed.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.fail2ban import Fail2ban  # noqa: E402
from demo.lab.fail2ban_config import STATE  # noqa: E402
from demo.lab.namespace import Namespace, link_namespaces  # noqa: E402
from ideolab_f2b.firewall.backend import BACKENDS  # noqa: E402
from ideolab_f2b.visitors.read import read  # noqa: E402
from tests.asn import tables  # noqa: E402

ROUNDS, LINES = 9, 1_000_000
#: seconds of a ban
LIMIT_S = 0.2
JAILS = """
[ideolab-asn]
enabled = true
logpath = {directory}/connmon.log
action = ideolab-ban.py[set=asn, tickets=as, backend={backend}, state={state}]
[ideolab-manual]
enabled = true
action = ideolab-ban.py[set=manual, backend={backend}, state={state}]
"""
#: none of them beside another: a table would join them
NETWORKS = [
    *(f"10.{number // 60}.{number % 60 * 4}.0/{22 + number % 3}" for number in range(603)),
    *(f"2001:db8:{number:x}::/48" for number in range(0x100, 0x11C, 2)),
]
LINE = '10.{}.{}.{} - - [29/Nov/2036:10:00:00 +0000] "GET /{} HTTP/1.1" 200 1234 "-" "Mozilla/5.0"\n'


class Server:
    def __init__(self, namespace: Namespace, directory: Path, backend: str) -> None:
        jails = JAILS.format(directory=directory, backend=backend, state=directory / STATE)
        self.fail2ban = Fail2ban(namespace, directory, jails).start()
        self.fail2ban.wait_for_rules("ideolab-asn", "ideolab-manual")
        (directory / STATE).mkdir(exist_ok=True)
        tables.build(directory / STATE / "asn.sqlite3", [(64500, "EXAMPLE", NETWORKS)])

    def cpu(self) -> float:
        """Seconds of CPU that the server has used."""
        fields = Path(f"/proc/{self.fail2ban.read_pid()}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def order(self, jail: str, *words: str) -> None:
        asked = json.dumps({"bans": [[word, 3600] for word in words], "by": "bench", "reason": ""})
        told = json.loads(self.fail2ban.ask("set", jail, "action", "ideolab-ban", "by_hand", asked))
        assert {each["result"] for each in told} == {"banned"}, told[:2]

    def rounds(self, ban: Callable[[], Any], unban: Callable[[], Any]) -> tuple[float, float, float]:
        """Median seconds of a ban, its best, and seconds of CPU of ban and unban together."""
        times, begin = [], self.cpu()
        for _round in range(ROUNDS):
            start = time.perf_counter()
            ban()
            times.append(time.perf_counter() - start)
            unban()
        return statistics.median(times), min(times), (self.cpu() - begin) / ROUNDS


def measure(backend: str) -> bool:
    with (
        link_namespaces(f"f2bas-{backend}") as (namespace, _client),
        tempfile.TemporaryDirectory(prefix="f2bas-") as directory,
    ):
        server = Server(namespace, Path(directory), backend)
        client = server.fail2ban
        try:
            with namespace.enter():
                kernel = BACKENDS[backend].open()
            whole = server.rounds(
                lambda: server.order("ideolab-asn", "AS64500"),
                lambda: client.ask("set", "ideolab-asn", "unbanip", "AS64500"),
            )
            server.order("ideolab-asn", "AS64500")
            held = sum(1 for name in ("asn", "asn6") for _one in kernel.entries(name))
            assert held == len(NETWORKS), held
            each = server.rounds(
                lambda: server.order("ideolab-manual", *NETWORKS),
                lambda: client.ask("set", "ideolab-manual", "unbanip", *NETWORKS),
            )
        finally:
            client.stop()
    for name, (median, best, cpu) in (("as one AS", whole), ("as tickets", each)):
        print(f"{backend:<6} {name}: {median:.3f} s (best {best:.3f}), CPU of ban and unban {cpu:.3f} s")
    print(f"{backend:<6} ratio of the CPU: {whole[2] / each[2]:.2f}")
    return whole[1] < LIMIT_S


def preview() -> None:
    with tempfile.TemporaryDirectory(prefix="f2bas-") as directory:
        log = Path(directory, "access.log")
        with log.open("w") as file:
            for number in range(LINES):
                file.write(LINE.format(number % 60, number // 60 % 250, number % 7, number % 999))
        begin = time.process_time()
        found = read(7, (str(log),))
        seconds = time.process_time() - begin
        print(f"visitors: {LINES:,} lines, {log.stat().st_size >> 20} MB, {len(found.clients):,} clients: "
              f"{seconds:.2f} s of CPU")  # fmt: skip


def main() -> int:
    went_well = [measure(backend) for backend in BACKENDS]
    preview()
    return 0 if all(went_well) else 1


if __name__ == "__main__":
    raise SystemExit(main())
