"""The opener as a service, in its sandbox, with connmon's sandbox and fail2ban-server as who asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from demo.lab.wait import wait_until
from tests.host.machine import Machine, boot

pytestmark = pytest.mark.systemd

#: a container as engines make it, and a client outside
_BUILD = """
set -e
ip link add br0 type bridge
ip addr add 10.77.0.1/24 dev br0
ip link set br0 up
ip netns add client
ip link add up0 type veth peer name up1 netns client
ip addr add 192.0.2.1/24 dev up0
ip link set up0 up
ip -n client addr add 192.0.2.254/24 dev up1
ip -n client link set up1 up
ip -n client link set lo up
ip -n client addr add 198.51.100.7/32 dev lo
ip -n client addr add 198.51.100.8/32 dev lo
ip -n client route add 10.77.0.0/24 via 192.0.2.1
ip route add default via 192.0.2.254
echo 1 >/proc/sys/net/ipv4/ip_forward
"""
_CONTAINER = """
set -e
ip netns add web
ip link add v0 type veth peer name eth0 netns web
ip link set v0 master br0 up
ip -n web addr add 10.77.0.2/24 dev eth0
ip -n web link set eth0 up
ip -n web link set lo up
ip -n web route add default via 10.77.0.1
cat >/srv/hold.py <<EOF
import socket
listener, held = socket.create_server(("", 443), backlog=64), []
while True:
    held.append(listener.accept()[0])
EOF
systemd-run --quiet --unit=web -p NetworkNamespacePath=/run/netns/web /usr/bin/python3 /srv/hold.py
"""
_CLIENTS = """
cat >/srv/clients.py <<EOF
import socket, time
held = [socket.create_connection(("10.77.0.2", 443), 30, (source, 0))
        for source in ("198.51.100.7", "198.51.100.8") for _ in range(3)]
open("/srv/connected", "w").close()
time.sleep(600)
EOF
rm -f /srv/connected
systemd-run --quiet --unit=clients -p NetworkNamespacePath=/run/netns/client /usr/bin/python3 /srv/clients.py
"""
#: what connmon's sandbox allows: the same unit with another program
_PROBE = """
cat >/srv/probe.py <<EOF
import json, sys
sys.path.insert(0, "/usr/local/lib/ideolab-f2b")
from ipaddress import ip_address, ip_network
from ideolab_f2b.kernel.netlink import PermissionDeniedError
from ideolab_f2b.kernel.sockets import sock_diag
from ideolab_f2b.kernel.sockets.destroy import destroy
from ideolab_f2b.kernel.sockets.inet_diag import fold
from ideolab_f2b.namespaces.ask import ask
told = []
for found in ask([443]):
    rows = sock_diag.rows(443, channel=found.channel)
    peers = sorted(str(ip_address(fold(row[0], row[5]))) for row in rows)
    try:
        destroyed = destroy([ip_network("198.51.100.8/32")], [443], channel=found.channel)
    except PermissionDeniedError:
        destroyed = "denied"
    told.append([found.name, list(found.ports), peers, destroyed])
open("/var/log/ideolab/probe", "w").write(json.dumps(told))
EOF
sed -e 's#^ExecStart=.*#ExecStart=/usr/bin/python3 -I /srv/probe.py#' -e 's/^Type=.*/Type=oneshot/' \
    -e '/^Restart/d' -e '/^Watchdog/d' -e '/^Conflicts/d' -e '/^ExecStartPre/d' \
    /etc/systemd/system/ideolab-connmon.service >/etc/systemd/system/probe.service
systemctl daemon-reload
systemctl start probe
cat /var/log/ideolab/probe
"""


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    """With the pack and the opener, a container that listens and a client outside of it."""
    with boot() as machine:
        machine.install("--containers")
        machine.shell(_BUILD)
        machine.shell(_CONTAINER)
        machine.shell(_CLIENTS)
        wait_until(
            lambda: machine.run("test", "-e", "/srv/connected", check=False).returncode == 0,
            lambda: machine.shell("journalctl -u clients -u web; ip netns exec web ss -tn"),
        )
        yield machine


def show(machine: Machine, name: str, unit: str = "ideolab-netns") -> str:
    return machine.out("systemctl", "show", f"--property={name}", "--value", unit).strip()


def probe(machine: Machine) -> list[Any]:
    """What a process in connmon's sandbox sees: name, ports, peers, what became of its try to destroy."""
    told: list[Any] = json.loads(machine.shell(_PROBE))
    return told


def descriptors(machine: Machine) -> str:
    return machine.shell(f"ls /proc/{show(machine, 'MainPID')}/fd | wc -l")


def see_the_unit(machine: Machine) -> None:
    """Two capabilities and no other, a socket for root and the group, and a notification of the start."""
    names = ("ActiveState", "Type", "WatchdogUSec", "UnitFileState")
    assert [show(machine, name) for name in names] == ["active", "notify", "1min", "enabled"]
    pid = show(machine, "MainPID")
    status = dict(line.split(":", 1) for line in machine.out("cat", f"/proc/{pid}/status").splitlines())
    # CAP_SYS_PTRACE, CAP_SYS_ADMIN
    assert {status[name].strip() for name in ("CapEff", "CapPrm", "CapBnd")} == {f"{1 << 19 | 1 << 21:016x}"}
    assert machine.shell("stat -c '%n %U:%G %a' /run/ideolab-netns /run/ideolab-netns/*").splitlines() == [
        "/run/ideolab-netns root:ideolab 755",
        "/run/ideolab-netns/sock root:ideolab 660",
        "/run/ideolab-netns/sock-root root:ideolab 600",
    ]
    exposure = machine.run("systemd-analyze", "security", "--no-pager", "--threshold=24", "ideolab-netns")
    assert "Overall exposure level for ideolab-netns.service" in exposure.stdout


def see_connmon_in_its_sandbox_sees_the_container_and_can_destroy_nothing(machine: Machine) -> None:
    """The socket that it gets looks into the namespace; the kernel asks for a capability that it has not."""
    peers = ["198.51.100.7"] * 3 + ["198.51.100.8"] * 3
    wait_until(
        lambda: probe(machine) == [["netns:web", [443], peers, "denied"]],
        lambda: machine.shell(
            "ideolab-f2b netns --list; journalctl -u ideolab-netns; cat /var/log/ideolab/probe"
        ),
        every_s=0.5,
    )


def see_a_ban_closes_the_sockets_inside_the_container(machine: Machine) -> None:
    """Those of the banned client, by fail2ban-server; another client's stay."""
    machine.run("ideolab-f2b", "ban", "198.51.100.7")

    wait_until(
        lambda: probe(machine) == [["netns:web", [443], ["198.51.100.8"] * 3, "denied"]],
        lambda: machine.shell(
            "fail2ban-client get ideolab-manual action ideolab-ban stats; tail /var/log/fail2ban.log"
        ),
        every_s=0.5,
    )
    stats = json.loads(
        machine.out("fail2ban-client", "get", "ideolab-manual", "action", "ideolab-ban", "stats")
    )
    assert stats["closer"] == {
        "destroyed": 3, "dropped": 0, "failed": 0, "last_error": "", "namespaces": 1, "waiting": 0
    }  # fmt: skip
    machine.run("ideolab-f2b", "unban", "198.51.100.7")


def see_the_addresses_of_containers_are_never_banned(machine: Machine) -> None:
    """A reverse proxy in another container stands for all its clients."""

    def refusal() -> str:
        return machine.run("ideolab-f2b", "ban", "10.77.0.2", check=False).stdout

    wait_until(lambda: "an address of a container of this host" in refusal(), refusal, every_s=1)
    # of a server that has just started, and did not know yet
    machine.run("ideolab-f2b", "unban", "10.77.0.2", check=False)


def see_a_removed_namespace_is_gone_while_the_service_runs(machine: Machine) -> None:
    """Its veth leaves the host, the name is free for the next one, and nothing is held."""
    probe(machine)
    before = descriptors(machine)

    machine.run("systemctl", "stop", "web", "clients")
    machine.run("ip", "netns", "del", "web")
    wait_until(
        lambda: machine.run("ip", "link", "show", "v0", check=False).returncode == 1,
        lambda: machine.out("ip", "link"),
    )
    machine.shell(_CONTAINER)

    wait_until(
        lambda: probe(machine) == [["netns:web", [443], [], 0]],
        lambda: machine.shell("ideolab-f2b netns --list"),
        every_s=0.5,
    )
    # who asks has a connection for that time
    wait_until(lambda: descriptors(machine) == before, lambda: f"{before} before, {descriptors(machine)}")


def see_check_says_whether_it_answers(machine: Machine) -> None:
    """ok with the number of containers; wrong with the way out when it is stopped."""

    def say() -> dict[str, str]:
        lines = machine.run("ideolab-f2b", "check", "--json", check=False).stdout.splitlines()
        told = [json.loads(line) for line in lines]
        return {one["check"]: f"{one['state']} {one['text']} {one['mend']}" for one in told}

    found = say()
    assert found["opener"].startswith("ok it answers: 1 container")
    assert found["boot ideolab-netns"].startswith("ok ")
    machine.run("systemctl", "stop", "ideolab-netns")
    stopped = say()["opener"]
    assert stopped.startswith("wrong the opener of namespaces does not answer")
    assert "systemctl restart ideolab-netns" in stopped


def see_it_is_remembered_until_it_is_withdrawn(machine: Machine) -> None:
    """The next install starts it again; --no-containers stops it, and the ban action asks nobody any more."""
    assert "ideolab-netns.service started" in machine.install().stdout
    assert show(machine, "ActiveState") == "active"

    machine.install("--no-containers")

    assert [show(machine, name) for name in ("ActiveState", "UnitFileState")] == ["inactive", "disabled"]
    assert machine.run("test", "-e", "/run/ideolab-netns", check=False).returncode == 1


def test_the_opener_as_a_service(machine: Machine) -> None:
    """One after the other, on one machine: each leaves it as the next one wants it."""
    for step in (
        see_the_unit,
        see_connmon_in_its_sandbox_sees_the_container_and_can_destroy_nothing,
        see_a_ban_closes_the_sockets_inside_the_container,
        see_the_addresses_of_containers_are_never_banned,
        see_a_removed_namespace_is_gone_while_the_service_runs,
        see_check_says_whether_it_answers,
        see_it_is_remembered_until_it_is_withdrawn,
    ):
        step(machine)
