"""How soon nginx serves again once its attacker is banned: the pack beside fail2ban's own ipset action.

Run `python3 tests/bench/attack.py` as root. It takes 90 s, because without the pack nginx waits for
its own timeouts. Exit 1: over the limit.
"""

from __future__ import annotations

import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo import requirements  # noqa: E402
from demo.site import JAILS, NAMES, Site  # noqa: E402
from tests.lab.recovery import SLOTS, Recovery, measure  # noqa: E402

#: seconds from the ban to the first page of a new client
LIMIT_S = 2.0
PATIENCE_S = 70.0
COUNTED_AT_S = (1, 5)
PREFIX = "f2bbench"
#: the same jail on the same lines, with the action that the distribution brings
STOCK = """\
[ideolab-connmon]
enabled = true
logpath = {log}/connmon.log
action = iptables-ipset-proto6-allports[name=connmon]
"""


def pack() -> Recovery:
    with Site(PREFIX, connections=SLOTS, jails=JAILS, names=NAMES) as site:
        return measure(site, PATIENCE_S, COUNTED_AT_S)


def stock() -> Recovery:
    with Site(PREFIX, connections=SLOTS, jails=STOCK, names=("ideolab-connmon",)) as site:
        return measure(site, PATIENCE_S, COUNTED_AT_S, lambda _target: "f2b-connmon")


def row(name: str, recovery: Recovery) -> str:
    served = f"> {PATIENCE_S:.0f}" if recovery.served_s is None else f"{recovery.served_s:.2f}"
    counts = "  ".join(f"{recovery.sockets.get(second, -1):>11}" for second in COUNTED_AT_S)
    full = "full" if recovery.was_refused else "NOT FULL"
    return f"{name:<24}  {full:<8}  {recovery.banned_s:>8.1f}  {served:>8}  {counts}"


def main() -> int:
    problem = requirements.problem()
    if problem:
        print(f"attack: {problem}", file=sys.stderr)
        return 1
    print(f"nginx with worker_connections {SLOTS}, all taken by one address with half a ClientHello each")
    print(
        f"{'action':<24}  {'before':<8}  {'banned s':>8}  {'served s':>8}  sockets 1 s  sockets 5 s",
        flush=True,
    )
    ours = pack()
    print(row("ideolab-ban", ours), flush=True)
    theirs = stock()
    print(row("iptables-ipset-allports", theirs))
    is_good = ours.was_refused and ours.served_s is not None and ours.served_s <= LIMIT_S
    is_good = is_good and not ours.sockets.get(1) and theirs.was_refused
    print(
        f"limit: served {LIMIT_S:g} s after the ban, 0 sockets after 1 s: {'kept' if is_good else 'BROKEN'}"
    )
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
