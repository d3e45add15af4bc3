"""Bans in nf_tables on the kernel that runs, in its first namespace: for a machine of its own alone.

It prints a line for each thing that holds or does not, and needs the standard library only.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from ipaddress import ip_network
from pathlib import Path

from ideolab_f2b.firewall import orphans
from ideolab_f2b.firewall.backend import BACKENDS
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import LIST, PORT_LIST
from ideolab_f2b.firewall.port_rule import PortScope
from ideolab_f2b.kernel.ipset.error import SetFullError, SetMissingError

SERVER, BANNED, OTHER, PORT = "192.0.2.1", "192.0.2.7", "192.0.2.8", 9
_NETWORK = f"""
ip link set lo up; ip netns add c; ip link add v0 type veth peer name v1 netns c
ip addr add {SERVER}/24 dev v0; ip link set v0 up; ip netns exec c ip link set v1 up
ip netns exec c ip addr add {BANNED}/24 dev v1; ip netns exec c ip addr add {OTHER}/24 dev v1
"""
_SEND = (
    "import socket, sys; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((sys.argv[1], 0)); "
    f"s.sendto(sys.argv[1].encode(), ({SERVER!r}, {PORT}))"
)
NFT = BACKENDS["nft"]


def tell(what: str, holds: bool) -> None:
    """Print a line that the test looks for."""
    print(f"{'holds' if holds else 'FAILS'}: {what}", flush=True)


def run(*words: str) -> str:
    """What a program prints."""
    return subprocess.run(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    ).stdout


def main() -> None:
    """Ban, look, change, end."""
    run("sh", "-c", _NETWORK)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind((SERVER, PORT))
        receiver.settimeout(5)
        kernel = NFT.open()
        sets = JailSets(kernel, "a_b", 1000)
        sets.place()
        for version in (4, 6):
            NFT.place(version)

        def reaches(source: str) -> bool:
            run("ip", "netns", "exec", "c", sys.executable, "-c", _SEND, source)
            try:
                return receiver.recv(99).decode() == source
            except OSError:
                return False

        tell("the chains are seen", all(NFT.look(version).positions[0].copies for version in (4, 6)))
        for text in (BANNED, "198.51.100.0/24", "2001:db8::/64"):
            network = ip_network(text)
            for timeout_s in (1000, 5000, 600, 0, 900):
                sets.add(network, timeout_s)
                left_s = next(
                    one.timeout_s for name in sets.names.values() for one in kernel.elements(name)
                    if one.network == network
                )  # fmt: skip
                tell(
                    f"{text} gets {timeout_s} s",
                    left_s is None if not timeout_s else timeout_s - 60 < (left_s or 0) <= timeout_s,
                )
        tell("who is banned is dropped", not reaches(BANNED))
        tell("somebody else is not", reaches(OTHER))
        tell("a drop is counted", NFT.count_drops(4) == {"a_b": 1})
        JailSets(kernel, "a_b", 2000).place()
        tell("a larger set drops too", not reaches(BANNED) and kernel.header("a_b").maxelem == 2000)
        many = [ip_network(0x0A000000 + number) for number in range(5000)]
        kernel.create("many_a", "inet", 5000)
        kernel.add_many("many_a", [(network, 600) for network in many])
        kernel.add_many("many_a", [(network, 0) for network in many])
        tell(
            "a full set takes new times",
            [one.timeout_s for one in kernel.elements("many_a")] == [None] * 5000,
        )
        try:
            kernel.add("many_a", ip_network(OTHER), 0)
        except SetFullError:
            tell("a full set is an error", True)
        tell("a deletion says whether it was there", sets.delete(ip_network(BANNED)))
        tell("another one too", not sets.delete(ip_network(BANNED)))
        sets.add(ip_network(BANNED), 1)
        time.sleep(3)
        tell("what has ended is gone", not sets.delete(ip_network(BANNED)) and reaches(BANNED))
        web = JailSets(kernel, "web", 100, PORT_LIST)
        web.place()
        web.add(ip_network(OTHER), 0)
        for hook in ("prerouting", "input"):
            NFT.place(4, hook)
            NFT.put_ports(4, {"web": PortScope(("tcp", "udp"), (7, range(PORT, PORT + 3)))}, hook)
            tell(f"a port is dropped in {hook}", not reaches(OTHER))
            NFT.put_ports(4, {"web": PortScope(("udp",), (PORT + 1,))}, hook)
            tell(f"another port is not in {hook}", reaches(OTHER))
        text = run("nft", "list", "ruleset")
        is_owned = "flags owner" in text
        lines = [line for line in text.splitlines() if "flags owner" not in line]
        Path("/tmp/saved").write_text("\n".join([*lines, ""]))
        run("ip", "netns", "add", "d")
        tell("nft loads what it listed", run("ip", "netns", "exec", "d", "nft", "-f", "/tmp/saved") == "")
        run("nft", "flush", "ruleset")
        tell("an owned table is spared, another is seen to be gone", NFT.is_in_kernel() == is_owned)
        sets.place()
        NFT.place(4)
        sets.add(ip_network(BANNED), 0)
        tell("all is back", not reaches(BANNED))
        orphans.lift_all(kernel)
        for name in (LIST, PORT_LIST):
            try:
                kernel.destroy(name)
            except SetMissingError:
                continue
        tell("nothing stays", not NFT.is_in_kernel())
        print(f"kernel {os.uname().release} owned {is_owned} end", flush=True)


if __name__ == "__main__":
    # it changes the rules of the namespace that it runs in
    if "rdinit=/init" not in Path("/proc/cmdline").read_text().split():
        sys.exit("this is for an emulated machine: see tests/matrix/test_kernels.py")
    main()
