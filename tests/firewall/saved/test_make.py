"""The sets that saved rules name are made before these are loaded, and a jail then takes them."""

from __future__ import annotations

import subprocess
from ipaddress import ip_network
from pathlib import Path

import pytest

from demo.lab.namespace import Namespace, link_namespaces
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.firewall.names import PORT_LIST
from ideolab_f2b.firewall.saved.make import make
from ideolab_f2b.kernel.ipset.error import SetTypeError
from ideolab_f2b.kernel.ipset.sets import Sets

pytestmark = pytest.mark.root
HERE = ip_network("198.51.100.7")
ADMINS = "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT"
#: of this version in raw, of those before in the chains of filter
RULES = """\
*raw
:ideolab-port - [0:0]
-A PREROUTING ! -i lo -m set --match-set ideolab_ban src -j DROP
-A PREROUTING ! -i lo -m set --match-set ideolab_ban_port src -j ideolab-port
-A ideolab-port -p tcp -m multiport --dports 25,465 -m set --match-set {mail} src -j DROP
COMMIT
*filter
:INPUT DROP [0:0]
:ideolab-port - [0:0]
-A INPUT -m set --match-set ideolab_ban src -j DROP
-A INPUT -m set --match-set ideolab_ban_port src -j ideolab-port
-A INPUT -m set --match-set {manual} src -j ACCEPT
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A ideolab-port -p tcp -m multiport --dports 25 -m set --match-set {mail} src -j DROP
COMMIT
"""


def save(root: Path, place: str, text: str) -> None:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def load(host: Namespace, program: str, text: str) -> int:
    """Load saved rules, or saved sets, as a boot does; return the exit code."""
    words = host.command(*program.split())
    return subprocess.run(words, input=text, capture_output=True, text=True, timeout=60).returncode


@pytest.mark.parametrize("variant", ["nft", "legacy"])
def test_saved_rules_load_and_jails_take_the_sets(
    tmp_path: Path, variant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both families; without the sets nothing of a file is loaded."""
    programs = {4: f"iptables-{variant}", 6: f"ip6tables-{variant}"}
    texts = {
        4: RULES.format(mail="mail", manual="ideolab_manual"),
        6: RULES.format(mail="mail6", manual="ideolab_manual6"),
    }
    for version, program in programs.items():
        monkeypatch.setitem(rule.PROGRAMS, version, program)
        save(tmp_path, f"etc/iptables/rules.v{version}", texts[version])
    with link_namespaces("f2binst-boot") as (boot, other_boot):
        for version, program in programs.items():
            assert load(boot, f"{program}-restore", texts[version])
            assert ADMINS not in boot.run(program, "-S", "INPUT")

        with other_boot.enter():
            assert make(tmp_path) == []
            assert make(tmp_path) == []
        for version, program in programs.items():
            assert load(other_boot, f"{program}-restore", texts[version]) == 0
            assert ADMINS in other_boot.run(program, "-S", "INPUT")

        with other_boot.enter():
            sets = Sets()
            for name, list_name in (("mail", PORT_LIST), ("ideolab_manual", "ideolab_ban")):
                jail = JailSets(sets, name, 1000, list_name)
                jail.place()
                jail.add(HERE, 60)
                assert jail.is_placed()
                # the rules match the set of this name, whatever was swapped with it
                assert sets.header(name).maxelem == 1000
            sets.close()
        assert "match-set mail src" in other_boot.run(programs[4], "-S", "ideolab-port")


def test_saved_sets_load_after_ours(tmp_path: Path) -> None:
    """As ipset-persistent does, which loads none behind one that is there with other settings."""
    save(tmp_path, "etc/iptables/rules.v4", RULES.format(mail="mail", manual="ideolab_manual"))
    with link_namespaces("f2binst-sets") as (before, boot):
        with before.enter():
            sets = Sets()
            sets.create_list("ideolab_ban", 64)
            JailSets(sets, "ideolab_manual", 3000).place()
            JailSets(sets, "mail", 2000, PORT_LIST).place()
            sets.add("mail", HERE, 300)
            sets.close()
        before.run("ipset", "create", "theirs", "hash:ip")
        saved = before.run("ipset", "save")
        save(tmp_path, "etc/iptables/ipsets", saved)

        with boot.enter():
            assert make(tmp_path) == []
            sets = Sets()
            assert sets.names() == ["ideolab_ban", "ideolab_ban_port", "ideolab_manual", "mail"]
            sets.close()
        assert load(boot, "ipset -exist restore", saved) == 0
        assert "theirs" in boot.run("ipset", "list", "-n")
        assert "198.51.100.7 timeout" in boot.run("ipset", "list", "mail")


def test_sets_of_others_stay_theirs(tmp_path: Path) -> None:
    """What is there is not touched, and what was saved as another kind is left to what loads it."""
    save(tmp_path, "etc/iptables/rules.v4", RULES.format(mail="mail", manual="ideolab_manual"))
    save(tmp_path, "etc/iptables/ipsets", "create mail hash:ip family inet hashsize 1024 maxelem 65536\n")
    with link_namespaces("f2binst-others") as (host, _client), host.enter():
        host.run("ipset", "create", "ideolab_manual", "hash:ip")
        sets = Sets()

        assert make(tmp_path) == []

        assert sets.names() == ["ideolab_ban", "ideolab_ban_port", "ideolab_manual"]
        assert sets.header("ideolab_manual").type == "hash:ip"
        assert sets.members("ideolab_ban") == []
        sets.close()


def test_a_list_that_is_none(tmp_path: Path) -> None:
    """What cannot be made is named, and stops nothing else."""
    save(tmp_path, "etc/iptables/rules.v4", RULES.format(mail="mail", manual="ideolab_manual"))
    with link_namespaces("f2binst-none") as (host, _client), host.enter():
        host.run("ipset", "create", "ideolab_ban", "hash:ip")
        sets = Sets()

        (problem,) = make(tmp_path)

        assert problem.startswith("ideolab_manual: ")
        assert sets.members("ideolab_ban_port") == ["mail"]
        sets.close()


@pytest.mark.parametrize("variant", ["nft", "legacy"])
def test_a_set_made_by_hand_for_our_rule_is_the_jails(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """In no list of ours, and our rules alone refer to it; with one of somebody else's it is his."""
    program = f"iptables-{variant}"
    monkeypatch.setitem(rule.PROGRAMS, 4, program)
    with link_namespaces("f2binst-hand") as (host, _client):
        for name in ("mail", "ideolab_manual"):
            host.run("ipset", "create", name, "hash:net", "timeout", "0")
        for name in ("ideolab_ban", "ideolab_ban_port"):
            host.run("ipset", "create", name, "list:set", "size", "32")
        text = RULES.format(mail="mail", manual="ideolab_manual")
        assert load(host, f"{program}-restore", text) == 0
        with host.enter():
            sets = Sets()
            jail = JailSets(sets, "mail", 1000, PORT_LIST)
            host.run(program, "-A", "INPUT", "-m", "set", "--match-set", "mail", "src", "-j", "LOG")
            with pytest.raises(SetTypeError, match="a rule or another list uses it"):
                jail.place()
            host.run(program, "-D", "INPUT", "-m", "set", "--match-set", "mail", "src", "-j", "LOG")

            jail.place()
            jail.add(HERE, 60)

            assert jail.is_placed()
            sets.close()
