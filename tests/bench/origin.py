"""Origins of 10,000 addresses: ours by bulk against ipwhois one by one, and the cache. Root; half a minute.

In a network namespace of its own, where the server of tests/origin is the only host: no packet leaves, though
the addresses look public (ipwhois asks nobody for those of the documentation). Exits 1 when over a limit.
"""

from __future__ import annotations

import ipaddress
import multiprocessing
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from ideolab_f2b import config  # noqa: E402
from ideolab_f2b.origin.lookup import Lookup  # noqa: E402
from ideolab_f2b.origin.origin import Origin  # noqa: E402
from tests.bench.ban import judge, percentile  # noqa: E402
from tests.origin.whois_server import WhoisServer  # noqa: E402

PREFIXES, ADDRESSES, WHOIS = 500, 10_000, 43
ROUNDS = 5
_INSIDE = "F2BA_BENCH_INSIDE"


def rows() -> dict[str, tuple[str, str, str]]:
    """500 networks, /20 to /24."""
    first = int(ipaddress.ip_address("45.0.0.0"))
    return {
        f"{ipaddress.ip_address(first + number * 4096)}/{20 + number % 5}": (
            str(64512 + number), ("FR", "DE", "ES")[number % 3], f"EXAMPLE-{number}, FR",
        )
        for number in range(PREFIXES)
    }  # fmt: skip


def addresses() -> list[str]:
    """10,000 different ones, 20 of each network, in no order."""
    found = []
    for network in map(ipaddress.ip_network, rows()):
        step = network.num_addresses // (ADDRESSES // PREFIXES)
        found += [str(network[number * step + 1]) for number in range(ADDRESSES // PREFIXES)]
    random.Random(4).shuffle(found)
    return found


def serve(pipe: Connection) -> None:
    """Each question through the pipe is answered with the connections so far; None ends it."""
    with WhoisServer(prefixes=rows(), port=WHOIS) as server:
        pipe.send(0)
        while pipe.recv():
            pipe.send(server.connections)


class Server:
    """In a process of its own: its work is not ours."""

    def __init__(self) -> None:
        self._pipe, theirs = multiprocessing.Pipe()
        self._process = multiprocessing.Process(target=serve, args=(theirs,), daemon=True)
        self._process.start()
        self._pipe.recv()

    def connections(self) -> int:
        self._pipe.send(True)
        return int(self._pipe.recv())

    def close(self) -> None:
        self._pipe.send(False)
        self._process.join(10)


def one_by_one(asked: list[str]) -> dict[str, Origin]:
    """By ipwhois, as a script would, but by whois at once: DNS is dead here."""
    import ipwhois.net
    from ipwhois.asn import IPASN

    ipwhois.net.CYMRU_WHOIS = "127.0.0.1"
    found = {}
    for address in asked:
        answer = IPASN(ipwhois.net.Net(address)).lookup(asn_methods=["whois"])
        found[address] = Origin(
            address,
            answer["asn"],
            answer["asn_description"],
            answer["asn_country_code"],
            answer["asn_cidr"],
            "cymru",
        )
    return found


def by_bulk(asked: list[str], directory: Path) -> tuple[float, dict[str, Origin]]:
    """Seconds and answers of an empty cache, which is written meanwhile."""
    lookup = make_lookup(directory)
    begin = time.monotonic()
    found = lookup.resolve(asked)
    took = time.monotonic() - begin
    lookup.close()
    return took, found


def make_lookup(directory: Path) -> Lookup:
    settings = config.OriginSettings(cymru_host="127.0.0.1", cymru_port=WHOIS, ipwhois=0, deadline_s=60.0)
    return Lookup(settings, directory / "cache.sqlite3")


def look_ups(asked: list[str], directory: Path) -> list[float]:
    """Seconds of each address by itself, from text to Origin, out of the file."""
    lookup, found = make_lookup(directory), []
    for address in asked:
        begin = time.perf_counter()
        origin = lookup.resolve_locally([address])[address]
        found.append(time.perf_counter() - begin)
        if not origin.is_known:
            raise AssertionError(f"{address} is not in the cache")
    lookup.close()
    return sorted(found)


def measure() -> bool:
    asked, server = addresses(), Server()
    try:
        begin = time.monotonic()
        single = one_by_one(asked)
        single_s, single_connections = time.monotonic() - begin, server.connections()
        times = []
        for _round in range(ROUNDS):
            with tempfile.TemporaryDirectory(prefix="f2ba-bench-") as name:
                before = server.connections()
                took, found = by_bulk(asked, Path(name))
                times.append(took)
                bulk_connections = server.connections() - before
                if found != single:
                    raise AssertionError("bulk and ipwhois disagree")
                cache = look_ups(asked, Path(name))
    finally:
        server.close()
    bulk_s = statistics.median(times)
    print(f"     one by one: {single_s:.2f} s, {single_connections} connections")
    print(f"     by bulk:    {bulk_s:.2f} s (median of {ROUNDS}), {bulk_connections} connections")
    print(f"     look-up in the cache: p99 {percentile(cache, 0.99) * 1e6:.0f} us")
    return judge(
        (
            (
                f"{ADDRESSES} addresses of {PREFIXES} networks: time, bulk / ipwhois",
                bulk_s / single_s,
                "<",
                0.1,
            ),
            ("the same: connections, bulk / ipwhois", bulk_connections / single_connections, "<", 0.1),
            ("look-up in the cache: median us", statistics.median(cache) * 1e6, "<", 50),
        )
    )


def main() -> int:
    if os.environ.get(_INSIDE) is None:
        environment = {**os.environ, _INSIDE: "1"}
        return subprocess.call(["unshare", "-n", "-m", sys.executable, __file__], env=environment)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    with tempfile.NamedTemporaryFile("w") as resolver:
        # ipwhois wants one, though it is not asked
        resolver.write("nameserver 127.0.0.1\n")
        resolver.flush()
        subprocess.run(["mount", "--bind", resolver.name, "/etc/resolv.conf"], check=True)
    return 0 if measure() else 1


if __name__ == "__main__":
    sys.exit(main())
