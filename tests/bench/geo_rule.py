"""What a country list of 179,000 + 136,000 prefixes costs in the kernel, on each backend. Root; two minutes.

CPU and memory of `geo apply` as a whole program, against `ipset restore` and `nft -f` with intervals that
load the same prefixes; the list replaced while datagrams run; addresses inside and outside by real ones.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import resource
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))

from demo.lab.namespace import SERVERS, Namespace, link_namespaces  # noqa: E402
from ideolab_f2b.config import GeoSettings, Settings  # noqa: E402
from ideolab_f2b.geo import country_list  # noqa: E402
from ideolab_f2b.geo.country_list import CountryList, Prefixes  # noqa: E402
from ideolab_f2b.geo.rule.in_force import CountryFirewall  # noqa: E402
from ideolab_f2b.geo.rule.never_refused import ALWAYS  # noqa: E402
from ideolab_f2b.geo.rule.state import StateFiles  # noqa: E402
from ideolab_f2b.ranges.prefixes import merge  # noqa: E402
from tests.geo.rule.probes import Receiver, probe  # noqa: E402

PORT = 443
#: prefixes of the list of FR, ES, GB, US, DE, IT (facts of tor-geoipdb), and how often which length is in it
COUNTS = {4: 178_985, 6: 136_774}
LENGTHS = {4: (range(12, 33), 23.5, 3.0), 6: (range(29, 65), 50.0, 8.0)}
INSIDE, OUTSIDE = 2000, 3000
PROBES = 20_000
#: what the probes come from: in both lists, in none
LET_IN = ("198.51.100.7", "198.51.100.100", "2001:db8:c:1::7", "2001:db8:c:1::8")
REFUSED = ("198.51.100.200", "203.0.113.9", "2001:db8:c:2::7", "2001:db8:c:3::7")
OURS = {4: "198.51.100.0/25", 6: "2001:db8:c:1::/64"}
NOT_OURS = {
    4: (
        "198.51.100.128/25",
        "203.0.113.0/24",
        "192.0.2.0/24",
        *(str(one) for one in ALWAYS if one.version == 4),
    ),
    6: ("2001:db8::/32",),
}
#: IP_TRANSPARENT, IPV6_TRANSPARENT: any address is a source
_TRANSPARENT = {socket.AF_INET: (socket.IPPROTO_IP, 19), socket.AF_INET6: (socket.IPPROTO_IPV6, 75)}
_NUMBER = struct.Struct("!IB")


def make_prefixes(version: int, seed: int) -> list[tuple[int, int]]:
    """Prefixes that do not overlap, in order; the one of ours among them."""
    rng, bits = random.Random(seed), 32 if version == 4 else 128
    known, middle, spread = LENGTHS[version]
    first, last = (1 << 24, 0xDF000000) if version == 4 else (0x2001 << 112, 0x2A10 << 112)
    excluded = [ip_network(text) for text in (*NOT_OURS[version], OURS[version])]
    holes = sorted((int(one.network_address), int(one.broadcast_address)) for one in excluded)
    found = [(int(ip_network(OURS[version]).network_address), ip_network(OURS[version]).prefixlen)]
    step = (last - first) // COUNTS[version]
    for number in range(COUNTS[version] - 1):
        length = min(max(round(rng.gauss(middle, spread)), known[0]), known[-1])
        size = 1 << bits - length
        address = first + number * step & -size
        if size > step // 2:
            length = bits - (step // 2).bit_length() + 1
            address = first + number * step & -(1 << bits - length)
        end = address + (1 << bits - length) - 1
        if not any(low <= end and address <= high for low, high in holes):
            found.append((address, length))
    return sorted(set(found))


def make_list(seed: int) -> CountryList:
    families = {version: Prefixes.make(version, make_prefixes(version, seed)) for version in COUNTS}
    countries = ("FR", "ES", "GB", "US", "DE", "IT")
    return CountryList("allow", countries, "made up", float(seed), float(seed), families)


def make_firewall(backend: str, directory: Path) -> CountryFirewall:
    return CountryFirewall(Settings(geo=GeoSettings(backend=backend, quic=True)), StateFiles(directory))


def apply_in_child(backend: str, path: Path, directory: Path) -> None:
    """Be the program that is measured."""
    made = make_firewall(backend, directory).apply(country_list.load(path))
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_s = sum(one.ru_utime + one.ru_stime for one in used)
    # ru_maxrss has what the parent held before the exec
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    rss_mb = int(peak[1]) / 1024 if peak else 0.0
    print(json.dumps({"cpu_s": cpu_s, "rss_mb": rss_mb, "text": made.text}))


def measure_apply(server: Namespace, backend: str, path: Path, directory: Path) -> str:
    words = [sys.executable, __file__, "--child", backend, str(path), str(directory)]
    found = json.loads(server.run(*words).splitlines()[-1])
    return f"{found['cpu_s']:.2f} s, {found['rss_mb']:.0f} MB"


def measure_program(server: Namespace, words: Sequence[str], text: Iterator[str]) -> str:
    """CPU of a program that reads a file."""
    with tempfile.NamedTemporaryFile("w") as file:
        file.writelines(text)
        file.flush()
        with open(file.name) as given:
            process = subprocess.Popen(server.command(*words), stdin=given)
            _pid, status, used = os.wait4(process.pid, 0)
            process.returncode = status
    # a program that took less shows what this one held when it forked
    cpu_s, rss_mb = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    return f"{cpu_s:.2f} s, at most {rss_mb:.0f} MB" + (f" (exit {status})" if status else "")


def write_ipset(countries: CountryList) -> Iterator[str]:
    for version, family in ((4, "inet"), (6, "inet6")):
        yield f"create base{version} hash:net family {family} maxelem 262144\n"
        for text in write_texts(countries, version):
            yield f"add base{version} {text}\n"


def write_nft(countries: CountryList) -> Iterator[str]:
    yield "table inet base {\n"
    for version in (4, 6):
        yield f"set base{version} {{ type ipv{version}_addr; flags interval;\nelements = {{\n"
        yield ",\n".join(write_texts(countries, version))
        yield "\n}\n}\n"
    yield "}\n"


def write_texts(countries: CountryList, version: int) -> Iterator[str]:
    family, size = (socket.AF_INET, 4) if version == 4 else (socket.AF_INET6, 16)
    for address, length in countries.prefixes(version):
        yield f"{socket.inet_ntop(family, address.to_bytes(size, 'big'))}/{length}"


def choose_addresses(countries: CountryList, version: int) -> tuple[list[int], list[int]]:
    """Addresses inside (first, last and any of prefixes) and outside (anywhere, and just beside a range)."""
    rng, bits = random.Random(version), 32 if version == 4 else 128
    found = list(countries.prefixes(version))
    ranges = merge((address, address + (1 << bits - length) - 1) for address, length in found)
    inside = [first for first, _last in rng.sample(ranges, INSIDE // 4)]
    inside += [last for _first, last in rng.sample(ranges, INSIDE // 4)]
    inside += [rng.randint(*one) for one in rng.sample(ranges, INSIDE - len(inside))]
    # an IPv6 client is its /64
    host = 1 if version == 4 else 1 << 64
    own = [ip_network(text) for text in (*NOT_OURS[version], OURS[version])]

    def is_free(address: int) -> bool:
        is_own = any(int(one.network_address) <= address <= int(one.broadcast_address) for one in own)
        return not is_own and not countries.prefixes(version).has_address(address)

    beside = [one for first, last in rng.sample(ranges, OUTSIDE) for one in (first - host, last + host)]
    outside = [one for one in beside if is_free(one)][: OUTSIDE * 2 // 3]
    while len(outside) < OUTSIDE:
        address = rng.randint(ranges[0][0], ranges[-1][1])
        outside += [address] if is_free(address) else []
    return inside, outside


def count_arrivals(server: Namespace, client: Namespace, sources: Sequence[tuple[int, int]]) -> int:
    """How many of these (version, address) get a datagram in."""
    with contextlib.ExitStack() as undo:
        receiver = Receiver(server, PORT, undo)
        with client.enter():
            for number, (version, address) in enumerate(sources):
                family, size = (socket.AF_INET, 4) if version == 4 else (socket.AF_INET6, 16)
                with socket.socket(family, socket.SOCK_DGRAM) as own:
                    own.setsockopt(*_TRANSPARENT[family], 1)
                    own.bind((socket.inet_ntop(family, address.to_bytes(size, "big")), 0))
                    own.sendto(_NUMBER.pack(number, 0), (SERVERS[family], PORT))
                if number % 50 == 0:
                    time.sleep(0.004)
        time.sleep(1)
        receiver.stop()
    return len(receiver.arrived)


def measure_others(server: Namespace) -> str:
    """CPU of `nft add element` of somebody else, with this list beside it."""
    server.run("nft", "add table inet theirs; add set inet theirs banned { type ipv4_addr; }")
    best_ms = float("inf")
    for last in range(5):
        process = subprocess.Popen(
            server.command("nft", f"add element inet theirs banned {{ 203.0.113.{last} }}")
        )
        _pid, process.returncode, used = os.wait4(process.pid, 0)
        best_ms = min(best_ms, (used.ru_utime + used.ru_stime) * 1000)
    server.run("nft", "delete table inet theirs")
    return f"nft add element of others: {best_ms:.0f} ms"


def measure(backend: str, lists: Sequence[CountryList], directory: Path) -> None:
    with link_namespaces(f"f2bgeo{backend[0]}") as (server, client):
        print("no list:", measure_others(server), flush=True)
        server.run("sysctl", "-q", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.conf.veth0.rp_filter=0")
        paths = [directory / f"{number}.list" for number in (0, 1)]
        for one, path in zip(lists, paths):
            country_list.save(one, path)
        state = directory / backend
        print(f"{backend}: apply {measure_apply(server, backend, paths[0], state)};", end=" ", flush=True)
        print(f"replace {measure_apply(server, backend, paths[1], state)}", flush=True)
        print(f"{backend}: {measure_others(server)}", flush=True)
        for version in (4, 6):
            inside, outside = choose_addresses(lists[1], version)
            counts = [
                count_arrivals(server, client, [(version, one) for one in each]) for each in (inside, outside)
            ]
            shares = f"inside {counts[0]} of {len(inside)}, outside {counts[1]} of {len(outside)}"
            print(f"{backend}: IPv{version}: {shares}")
        firewall = make_firewall(backend, state)
        found = probe(
            server, client, PORT, LET_IN, REFUSED, lambda turn: firewall.apply(lists[turn % 2]), PROBES
        )
        print(
            f"{backend}: replaced under {found.sent} datagrams: {found.lost} lost, {found.leaked} leaked",
            flush=True,
        )


def main() -> int:
    """Print the rows of each backend, and the baselines."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--child", nargs=3, metavar=("BACKEND", "LIST", "DIRECTORY"))
    child = parser.parse_args().child
    if child:
        apply_in_child(child[0], Path(child[1]), Path(child[2]))
        return 0
    lists = (make_list(1), make_list(2))
    print("prefixes:", ", ".join(f"IPv{version} {len(lists[0].prefixes(version)):,}" for version in (4, 6)))
    with link_namespaces("f2bgeob") as (server, _client):
        print(
            "ipset restore:", measure_program(server, ("ipset", "restore"), write_ipset(lists[0])), flush=True
        )
        nft = measure_program(server, ("nft", "-f", "/dev/stdin"), write_nft(lists[0]))
        print(f"nft -f, intervals: {nft}; {measure_others(server)}", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        for backend in ("ipset", "nft"):
            measure(backend, lists, Path(directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
