"""500 addresses by ideolab-fw-ip, and by the seed's way: one call for each. Root; about a minute.

Runs a real fail2ban-server in namespaces of its own. Exits 1 when a limit is missed.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.fail2ban import Fail2ban  # noqa: E402
from demo.lab.namespace import Namespace, link_namespaces  # noqa: E402
from ideolab_f2b.kernel.ipset.sets import Sets  # noqa: E402

PROGRAM = REPOSITORY / "scripts" / "ideolab-fw-ip"
COUNT, SAMPLE, ROUNDS, LIMIT_S, STANDING = 500, 20, 7, 0.5, 20_000
JAIL = "[ideolab-manual]\nenabled = true\n"


def addresses(count: int, first: int = 10) -> list[str]:
    return [f"{first}.{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in range(1, count + 1)]


def took(namespace: Namespace, words: Sequence[str], stdin: str = "") -> float:
    begin = time.perf_counter()
    done = subprocess.run(namespace.command(*words), input=stdin, capture_output=True, text=True, timeout=300)
    seconds = time.perf_counter() - begin
    assert done.returncode == 0, done.stdout[-500:] + done.stderr
    return seconds


def helper(namespace: Namespace, server: Fail2ban, verb: str, lines: list[str]) -> float:
    words = [str(PROGRAM), "--socket", str(server.socket), verb]
    return took(namespace, words, "".join(f"{line}\n" for line in lines))


def each_alone(namespace: Namespace, words: list[str]) -> float:
    """Seconds that COUNT calls would take, from SAMPLE of them."""
    return sum(took(namespace, [*words, one]) for one in addresses(SAMPLE, 11)) / SAMPLE * COUNT


def measure(namespace: Namespace, server: Fail2ban, sets: Sets) -> dict[str, tuple[float, float]]:
    """{verb: (median, best)}"""
    found: dict[str, list[float]] = {}
    lines = addresses(COUNT)
    for _round in range(ROUNDS):
        for verb, expected in (("ban", COUNT), ("check", COUNT), ("unban", 0)):
            found.setdefault(verb, []).append(helper(namespace, server, verb, lines))
            held = sets.header("ideolab_manual").elements
            assert held is None or held % 1000 == expected, held
    return {verb: (statistics.median(times), min(times)) for verb, times in found.items()}


def main() -> int:
    with (
        link_namespaces("f2bg-bench") as (namespace, _client),
        tempfile.TemporaryDirectory(prefix="f2bg-") as directory,
    ):
        server = Fail2ban(namespace, Path(directory), JAIL)
        with namespace.enter():
            sets = Sets()
        try:
            server.start()
            server.wait_for_rules("ideolab-manual")
            quiet = measure(namespace, server, sets)
            client = server.client_command("set", "ideolab-manual", "banip")
            alone = each_alone(namespace, client)
            one = each_alone(namespace, [str(PROGRAM), "--socket", str(server.socket), "ban"])
            server.ask("unban", "--all")
            helper(namespace, server, "ban", addresses(STANDING // 2, 12))
            helper(namespace, server, "ban", addresses(STANDING // 2, 13))
            full = measure(namespace, server, sets)
        finally:
            server.stop()
            sets.close()
    print(f"{COUNT} addresses: seconds, median / best of {ROUNDS}; load {os.getloadavg()[0]:.1f}")
    print(f"{'':<22}" + "".join(f"{verb:>16}" for verb in quiet))
    for name, times in (("nothing else banned", quiet), (f"{STANDING} others banned", full)):
        print(f"{name:<22}" + "".join(f"{median:>8.3f} /{best:6.3f}" for median, best in times.values()))
    print(f"one fail2ban-client for each: {alone:.1f} s, {alone / quiet['ban'][0]:.0f} times as long")
    print(f"one ideolab-fw-ip for each, as the seed: {one:.1f} s, {one / quiet['ban'][0]:.0f} times as long")
    # the best: it is the one that shared the machine with nobody
    slow = [f"{verb} {best:.3f} s" for verb, (_median, best) in quiet.items() if best > LIMIT_S]
    print(f"limit {LIMIT_S} s: " + (f"missed by {', '.join(slow)}" if slow else "kept"))
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
