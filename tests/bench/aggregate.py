"""What a look for dense prefixes costs a jail that holds 50,000 bans, against the list of bans that each pass
of the reconcile thread makes. Run it with the Python that has fail2ban; it needs neither root nor a network.

The bans are those of made-up address space. Exits 1 when over a limit.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))
# where Debian's fail2ban is
sys.path.append("/usr/lib/python3/dist-packages")

from fail2ban.server.banmanager import BanManager  # noqa: E402
from fail2ban.server.ipdns import IPAddr  # noqa: E402
from fail2ban.server.ticket import BanTicket  # noqa: E402

from ideolab_f2b.actions.aggregate import thread  # noqa: E402
from ideolab_f2b.actions.aggregate.evidence import find_candidates, sort_tickets  # noqa: E402
from ideolab_f2b.actions.ban.admission import LINE_PREFIX  # noqa: E402
from ideolab_f2b.actions.tickets import BanList  # noqa: E402
from tests.bench.ban import judge  # noqa: E402
from tests.suggest import made_up  # noqa: E402

BANS, ROUNDS, SHARE = 50_000, 5, 0.25


def make_manager() -> Any:
    """Return fail2ban's own list of bans, full."""
    manager = BanManager()
    for each in sorted(made_up.make(BANS).bans):
        packed = ".".join(map(str, each.to_bytes(4, "big")))
        manager.addBanTicket(BanTicket(IPAddr(packed), time.time()), reason={})
    return manager


def measure(call: Callable[[], object]) -> float:
    """Return the CPU seconds of the best of some calls."""
    best = float("inf")
    for _round in range(ROUNDS):
        began = time.thread_time()
        call()
        best = min(best, time.thread_time() - began)
    return best


def main() -> int:
    """Measure both; return 1 when a look is over its limit."""
    manager = make_manager()
    bans = BanList(SimpleNamespace(actions=SimpleNamespace(banManager=manager)))

    def look() -> int:
        held = sort_tickets(iter(manager), lambda: time.sleep(thread.REST_S))
        return len(find_candidates(held, LINE_PREFIX, SHARE, lambda _identity: None))

    look_s, list_s = measure(look), measure(bans.tickets)
    print(f"{manager.size():,} bans, {look()} dense prefixes")
    print(f"a look {look_s * 1000:.0f} ms of CPU, a list of the bans {list_s * 1000:.0f} ms")
    core = look_s / max(thread.EVERY_S, look_s * 60)
    print(f"a thread that looks each {thread.EVERY_S:g} s: {core:.2%} of a core")
    return 0 if judge([("a look against a list of the bans", look_s / list_s, "<", 8.0)]) else 1


if __name__ == "__main__":
    sys.exit(main())
