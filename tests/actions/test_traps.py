"""What stops other Python actions, or every jail of the server: each trap of fail2ban with a real server."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Callable

import pytest

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import Namespace
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.lab.lines import by_hand, suspect, write_lines

pytestmark = pytest.mark.root
Start = Callable[..., Fail2ban]

CONNMON = "[ideolab-connmon]\nenabled = true\n"
OTHER = """\
[other]
enabled = true
filter = ideolab-connmon[scope=ip]
logpath = {directory}/connmon.log
action = ideolab-ban.py[set=other]
         noted.py
"""
NOTED = """\
from fail2ban.server.action import ActionBase
class Action(ActionBase):
    seen = []
    def ban(self, info): self.seen.append(str(info["ip"]))
    def reload(self, **options): pass
    def clearAllParams(self): pass
"""


def broken_package(tmp_path: Path, text: str) -> dict[str, str]:
    """An ideolab_f2b that cannot be imported, before any other."""
    package = tmp_path / "broken" / "ideolab_f2b"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(text)
    return {"PYTHONPATH": str(tmp_path / "broken")}


@pytest.mark.parametrize(
    "text", ["raise ImportError('none')", "def (", "raise SystemExit(3)", "import no_such_module_at_all"]
)
def test_package_that_cannot_be_loaded(lone: Namespace, start: Start, tmp_path: Path, text: str) -> None:
    """The server and all jails live, each ban is an error with the way out, a reload changes nothing."""
    server = start(lone, CONNMON, variables=broken_package(tmp_path, text))

    write_lines(server.connmon_log, suspect("198.51.100.1"))
    server.wait_for_log("Failed to execute ban .*198.51.100.1 is not banned: ideolab_f2b cannot .*; run id")
    server.reload()
    write_lines(server.connmon_log, suspect("198.51.100.2"))
    server.wait_for_log("Failed to execute ban .*198.51.100.2")

    assert server.is_running()
    assert server.ask("get", "ideolab-connmon", "actions") == ["ideolab-ban", "ideolab-report"]
    assert "cannot be loaded" in server.read_stats("ideolab-connmon")["degraded"]
    server.ask("unban", "--all")
    server.stop()
    assert "Traceback" not in server.log.read_text()


def test_other_jails_live_beside_a_broken_package(lone: Namespace, start: Start, tmp_path: Path) -> None:
    """Another jail's own action still sees its bans."""
    server = start(lone, "", variables=broken_package(tmp_path, "raise RuntimeError('broken')"))
    (server.config / "action.d" / "noted.py").write_text(NOTED)
    server.configure(CONNMON + OTHER.format(directory=server.directory))
    server.restart()

    write_lines(server.connmon_log, suspect("198.51.100.3"))

    server.wait_until(
        lambda: server.ask("get", "other", "action", "noted", "seen") == ["198.51.100.3"], "the ban"
    )


def test_options_that_are_unknown_or_bad(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """They are errors in the log, the defaults stand in, and the server starts."""
    bad = 'set="a b", maxelem=many, kill=perhaps, latency=fast, colour=red, allow=x'
    server = start(lone, f"{CONNMON}action = ideolab-ban.py[{bad}]\n")

    write_lines(server.connmon_log, suspect("198.51.100.4"))
    server.wait_until(lambda: server.read_stats("ideolab-connmon")["bans"] == 1, "the ban")

    assert [str(found.network) for found in lone_kernel.elements("ideolab_connmon")] == ["198.51.100.4/32"]
    log = server.log.read_text()
    for complaint in (
        "option set = 'a b': 1 to 30 letters, digits, _ . - are needed; 'ideolab_connmon' is used",
        "option maxelem = 'many': invalid literal for int() with base 10: 'many'; 131072 is used",
        "option kill = 'perhaps': yes or no is needed; True is used",
        "option latency = 'fast': default or low is needed; 'default' is used",
        "option 'colour' is unknown; known are aggregate, allow, allow_file, backend, blocktype, cap, hook, ",
        'option allow: "x" is no address and no host name',
    ):
        assert f"[ideolab-connmon] ideolab-ban: {complaint}" in log


def test_configuration_test_is_not_a_start(lone: Namespace, start: Start) -> None:
    """`-t` says OK to an action that stops every jail, so only a real start tells; ours does start."""
    server = start(lone, CONNMON)
    shutil.copy(server.config / "action.d" / "ideolab-ban.py", server.config / "action.d" / "raises.py")
    with open(server.config / "action.d" / "raises.py", "a") as file:
        file.write("raise RuntimeError('an action without a net')\n")

    server.configure(CONNMON + "action = raises.py\n")

    tested = server.run_client("-t")
    assert "OK: configuration test is successful" in tested
    server.configure(CONNMON)
    tested = server.run_client("-t")
    assert "OK: configuration test is successful" in tested
    server.restart()
    assert server.ask("status", "ideolab-connmon")


def test_system_exit_in_a_ban(lone: Namespace, start: Start, tmp_path: Path) -> None:
    """A SystemExit below ban() would end the jail's thread in silence: it is an error, and bans go on."""
    server = start(lone, "")
    exits = (
        "import ideolab_f2b.actions.ban.jail_firewall\n"
        "from ideolab_f2b.actions.ban.action import Action as Ours\n"
        "class Action(Ours):\n"
        "    def _ban(self, info):\n"
        "        if str(info['ip']) == '198.51.100.5': raise SystemExit(1)\n"
        "        super()._ban(info)\n"
    )
    (server.config / "action.d" / "exits.py").write_text(exits)
    server.configure(CONNMON + "action = exits.py[set=exits]\n")
    server.restart()

    write_lines(server.connmon_log, suspect("198.51.100.5"))
    server.wait_for_log(r"Failed to execute ban .*198.51.100.5.*ban: SystemExit\(1\)")
    write_lines(server.connmon_log, suspect("198.51.100.6"))

    server.wait_until(lambda: "add exits 198.51.100.6 " in lone.run("ipset", "save"), "the next ban")


def test_sets_destroyed_behind_its_back(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """The next ban makes sets and rules again, and puts back what fail2ban holds."""
    server = start(lone, CONNMON)
    server.ask("set", "ideolab-connmon", "banip", "198.51.100.7", "2001:db8:c::7")
    for words in (
        "iptables -t raw -F", "ip6tables -t raw -F", "ipset destroy ideolab_ban",
        "ipset destroy ideolab_connmon", "ipset destroy ideolab_connmon6",
    ):  # fmt: skip
        lone.run(*words.split())

    server.ask("set", "ideolab-connmon", "banip", "198.51.100.8")

    found = {str(each.network) for each in lone_kernel.elements("ideolab_connmon")}
    assert found == {"198.51.100.7/32", "198.51.100.8/32"}
    assert [str(each.network) for each in lone_kernel.elements("ideolab_connmon6")] == ["2001:db8:c::7/128"]
    for program in ("iptables", "ip6tables"):
        assert "ideolab_ban" in lone.run(program, "-t", "raw", "-S", "PREROUTING")
    assert server.read_stats("ideolab-connmon")["repaired"] == 1
    server.wait_for_log("kernel set ideolab_connmon was incomplete: repaired")


def test_set_flushed_behind_its_back(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """A banned address that still causes failures makes fail2ban look: what is missing is put back."""
    server = start(lone, CONNMON)
    write_lines(server.connmon_log, suspect("198.51.100.9", ago_s=10))
    server.wait_until(lambda: server.read_stats("ideolab-connmon")["bans"] == 1, "the ban")
    server.ask("set", "ideolab-connmon", "banip", "198.51.100.10")
    lone_kernel.flush("ideolab_connmon")

    write_lines(server.connmon_log, suspect("198.51.100.9"))

    server.wait_until(lambda: len(list(lone_kernel.elements("ideolab_connmon"))) == 2, "both elements")


def test_full_set_is_loud(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """A ban that does not fit is an error in the log with the way out, and counted where `check` sees it."""
    server = start(lone, CONNMON + "action = ideolab-ban.py[set=small, maxelem=64]\n")

    server.ask("set", "ideolab-connmon", "banip", *[f"198.51.100.{host}" for host in range(70)])

    told = server.read_stats("ideolab-connmon")
    assert told["bans"] == 64
    assert told["full"] == 6
    assert told["last_error"].startswith('SetFullError: add 198.51.100.69/32 to set "small": the set is full')
    server.wait_for_log(r'Failed to execute ban .* to set "small": the set is full; raise maxelem of the set')
    assert lone_kernel.header("small").elements == 64


@pytest.mark.redteam
def test_lines_that_fill_the_set_of_one_family(lone: Namespace, lone_kernel: Sets, start: Start) -> None:
    """Who writes manual.log fills the set with /64s of one /46: fail2ban lists no more, and IPv4 goes on."""
    server = start(lone, "[ideolab-manual]\nenabled = true\naction = ideolab-ban.py[set=small, maxelem=64]\n")
    server.ask("set", "ideolab-manual", "banip", "198.51.100.9")
    many = [by_hand(f"2001:db8:7:{number:x}::/64", "600") for number in range(200)]
    write_lines(server.manual_log, *many, by_hand("198.51.100.9", "1"), by_hand("198.51.100.7", "600"))

    server.wait_until(lambda: lone_kernel.header("small").elements == 2, "the ban of IPv4")
    assert len(server.find_banned("ideolab-manual")) == 2 + 64
    told = server.read_stats("ideolab-manual")
    assert told["full"] + told["refused"] == 136
    assert [each.timeout_s for each in lone_kernel.elements("small") if "100.9/" in str(each.network)] == [
        None
    ]


def test_without_ip6tables(lone: Namespace, lone_kernel: Sets, start: Start, tmp_path: Path) -> None:
    """No ip6tables on a host with IPv6: IPv4 works as ever, and each IPv6 ban says that nothing drops it."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("iptables", "iptables-restore"):
        (programs / name).symlink_to(f"/usr/sbin/{name}")
    (programs / "ip6tables").write_text("#!/bin/sh\necho 'no such thing' >&2\nexit 3\n")
    (programs / "ip6tables").chmod(0o755)
    server = start(lone, CONNMON, variables={"PATH": f"{programs}:/usr/bin:/bin"})

    server.ask("set", "ideolab-connmon", "banip", "198.51.100.11", "2001:db8:c::11")

    assert "ideolab_ban" in lone.run("iptables", "-t", "raw", "-S", "PREROUTING")
    server.wait_for_log(
        "Failed to execute ban .*2001:db8:c::11.*no rule drops their packets: missing: "
        "ip6tables -t filter -S INPUT: no"
    )
    assert not [line for line in server.tail().splitlines() if "ban jail" in line and "198.51.100.11" in line]
    assert server.read_stats("ideolab-connmon")["rules"]["inet"] == "in place"


def test_with_ipv6_disabled(lone: Namespace, start: Start) -> None:
    """A host without IPv6 needs no rule for it, and that is no error."""
    lone.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1")
    server = start(lone, CONNMON)

    server.ask("set", "ideolab-connmon", "banip", "198.51.100.12")

    assert " ERROR " not in server.log.read_text()


def test_legacy_iptables(lone: Namespace, start: Start, tmp_path: Path) -> None:
    """The older iptables does as well as the one on nf_tables."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("iptables", "iptables-restore", "ip6tables", "ip6tables-restore"):
        (programs / name).symlink_to(f"/usr/sbin/{name.replace('tables', 'tables-legacy')}")
    lone.run("iptables-legacy", "-t", "raw", "-A", "PREROUTING", "-p", "icmp", "-j", "ACCEPT")
    server = start(lone, CONNMON, variables={"PATH": f"{programs}:/usr/bin:/bin"})
    server.ask("set", "ideolab-connmon", "banip", "198.51.100.13")

    assert lone.run("iptables-legacy", "-t", "raw", "-S", "PREROUTING").splitlines()[1:] == [
        "-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP",
        "-A PREROUTING -p icmp -j ACCEPT",
    ]
    # a ban needs the rule of its own family only, and others of this machine may hold the lock of iptables
    server.wait_until(
        lambda: "ideolab_ban" in lone.run("ip6tables-legacy", "-t", "raw", "-S", "PREROUTING"), "IPv6's rule"
    )
    assert " ERROR " not in server.log.read_text()
