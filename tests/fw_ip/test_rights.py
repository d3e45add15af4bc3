"""What a caller by sudo may do, and what root may."""

from __future__ import annotations

import time
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType

import pytest

from tests.fw_ip.conftest import Host
from tests.lab.lines import by_hand, write_lines

WEB = "33"


@pytest.mark.parametrize(
    ("environment", "is_root"),
    [
        ({}, True),
        ({"SUDO_UID": "0", "SUDO_USER": "root", "SUDO_COMMAND": "x"}, True),
        ({"SUDO_UID": "33", "SUDO_USER": "www-data"}, False),
        ({"SUDO_UID": "", "SUDO_USER": "root"}, False),
        ({"SUDO_COMMAND": "x"}, False),
        ({"SUDO_UID": "0", "DOAS_USER": "www-data"}, False),
        ({"DOAS_USER": "root"}, True),
        ({"SUDO_EDITOR": "vim", "SUDO_ASKPASS": "/usr/bin/x", "SUDO_PROMPT": "?"}, True),
        ({"SUDO_EDITOR": "vim", "SUDO_GID": "33"}, False),
        ({"PKEXEC_UID": "1000"}, False),
        ({"PATH": "/bin", "NOT_SUDO_UID": "33"}, True),
    ],
)
def test_whose_run_it_is(program: ModuleType, environment: dict[str, str], is_root: bool) -> None:
    """What sudo has set decides; what it has not said is no proof of root."""
    assert program.find_rights(environment.items(), "ideolab-manual").is_root is is_root


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("ban 198.51.100.0/24", ""),
        ("ban 2001:db8::/48", ""),
        ("ban 198.51.100.7 permanent", ""),
        ("ban 198.51.0.0/16", "198.51.0.0/16 is wider than /24, the most by sudo; ideolab-f2b is root's"),
        (
            "unban 198.51.100.0/23",
            "198.51.100.0/23 is wider than /24, the most by sudo; ideolab-f2b is root's",
        ),
        ("check 2001:db8::/47", "2001:db8::/47 is wider than /48, the most by sudo; ideolab-f2b is root's"),
    ],
)
def test_how_wide_a_network_by_sudo_may_be(program: ModuleType, line: str, refusal: str) -> None:
    """No more than one customer of a provider has."""
    assert program.Order(line, program.Rights(is_root=False)).detail == refusal
    assert program.Order(line).detail == ""


def test_the_jails_of_the_pack(program: ModuleType) -> None:
    """All that jail.d has, and no other."""
    names = ["ideolab-connmon-net", "ideolab-traship", "nginx-ideolab-stalled"]

    assert all(map(program.PACK_JAIL.fullmatch, names))
    assert not any(map(program.PACK_JAIL.fullmatch, ["sshd", "recidive", "my-ideolab-x", "nginx-limit-req"]))


@pytest.mark.root
def test_a_network_by_sudo_is_lifted_alone(empty: Host) -> None:
    """The bans in it are others'; root lifts them with it."""
    empty.fw_ip("ban", "198.51.100.0/24", "198.51.100.7")
    done = empty.fw_ip("unban", "198.51.100.0/24", sudo_uid=WEB)
    again = empty.fw_ip("unban", "198.51.100.0/24", sudo_uid=WEB)

    assert [(line["result"], line["detail"]) for line in (*done.lines, *again.lines)] == [
        ("unbanned", "ideolab-manual"),
        ("not-banned", "1 bans lie in it, which only root lifts together"),
    ]
    assert empty.banned() == ["198.51.100.7"]
    assert empty.fw_ip("unban", "198.51.100.0/24").results == [("198.51.100.0/24", "unbanned")]
    assert empty.banned() == []


@pytest.mark.root
def test_a_wider_ban_of_another_jail_is_named(empty: Host) -> None:
    """Of a jail that is not ours too, which the kernel sets of the pack do not show."""
    empty.server.ask("set", "sshd", "banip", "198.51.100.0/24")
    done = empty.fw_ip("unban", "198.51.100.7", sudo_uid=WEB)

    assert (done.lines[0]["result"], done.lines[0]["detail"]) == (
        "held",
        "banned by jail sshd: only root lifts that: fail2ban-client set sshd unbanip 198.51.100.0/24",
    )
    assert empty.banned("sshd") == ["198.51.100.0/24"]


@pytest.mark.root
def test_elements_that_fail2ban_has_forgotten(empty: Host) -> None:
    """By sudo only those of the jail's own set."""
    empty.sets.add("ideolab_manual", ip_network("198.51.100.7"), 0)
    empty.sets.add("ideolab_connmon", ip_network("198.51.100.8"), 0)
    done = empty.fw_ip("unban", "198.51.100.7", "198.51.100.8", sudo_uid=WEB)

    assert [(line["result"], line["detail"]) for line in done.lines] == [
        ("unbanned", "ideolab_manual"),
        ("held", "still dropped: 198.51.100.8 is banned (ideolab_connmon)"),
    ]
    assert empty.elements("ideolab_connmon").keys() == {"198.51.100.8/32"}


@pytest.mark.root
def test_a_check_by_sudo_tells_whose_ban_it_is(empty: Host) -> None:
    """What an unban of the same name would not end is held; root is told what the kernel drops."""
    empty.server.ask("set", "ideolab-connmon", "banip", "198.51.100.7", "198.51.100.8")
    empty.fw_ip("ban", "198.51.100.8", "10.2.0.0/25", sudo_uid=WEB)
    addresses = ["198.51.100.7", "198.51.100.8", "10.2.0.9", "10.2.0.0/25", "10.1.1.1"]
    done = empty.fw_ip("check", *addresses, sudo_uid=WEB)

    connmon = "banned by jail ideolab-connmon (ideolab_connmon: 198.51.100.7)"
    wide = "banned by jail ideolab-manual (ideolab_manual: 10.2.0.0/25)"
    assert done.code == 0
    assert [(line["result"], line["detail"]) for line in done.lines] == [
        ("held", connmon),
        ("banned", "ideolab_connmon: 198.51.100.8, ideolab_manual: 198.51.100.8"),
        ("held", wide),
        ("banned", "ideolab_manual: 10.2.0.0/25"),
        ("not-banned", ""),
    ]
    assert done.lines[0]["until"] is not None
    for words, uid in ((["--all-ideolab-jails", "check"], WEB), (["check"], None)):
        found = empty.fw_ip(*words, "198.51.100.7", sudo_uid=uid)
        assert (found.code, found.results) == (0, [("198.51.100.7", "banned")])


@pytest.mark.root
def test_a_check_by_sudo_without_fail2ban(empty: Host, tmp_path: Path) -> None:
    """The kernel's answer stands."""
    empty.server.ask("set", "ideolab-connmon", "banip", "198.51.100.7")
    done = empty.fw_ip("check", "198.51.100.7", socket=f"{tmp_path}/none", sudo_uid=WEB)

    assert (done.code, done.results) == (0, [("198.51.100.7", "banned")])


@pytest.mark.root
@pytest.mark.redteam
def test_few_changes_of_the_verb_by_sudo(empty: Host) -> None:
    """Each may read whole sets while the lock is held."""
    done = empty.fw_ip(stdin="unban 198.51.100.7\ncheck 198.51.100.8\n" * 9, sudo_uid=WEB)

    assert (done.code, done.lines) == (2, [])
    assert done.stderr == "too many changes of the verb: 16 by sudo, sort them; nothing was done\n"
    assert empty.fw_ip(stdin="unban 198.51.100.7\ncheck 198.51.100.8\n" * 8, sudo_uid=WEB).code == 0
    assert empty.fw_ip(stdin="unban 198.51.100.7\ncheck 198.51.100.8\n" * 9).code == 0


@pytest.mark.root
def test_fewer_lines_by_sudo(empty: Host) -> None:
    """As many as the app's largest call has."""
    done = empty.fw_ip(stdin="check 198.51.100.7\n" * 5001, sudo_uid=WEB)

    assert (done.code, done.lines) == (2, [])
    assert "too much: 5000 lines" in done.stderr


@pytest.mark.root
def test_many_wide_bans_of_others_cost_little(program: ModuleType) -> None:
    """An attack by whole networks must not make each unban slow."""
    lists = {"sshd": [f"10.{number >> 8}.{number & 255}.0/24" for number in range(5000)]}
    named = {
        f"10.0.{number >> 8}.{number & 255}": ip_network(f"10.0.{number >> 8}.{number & 255}")
        for number in range(5000)
    }
    begin = time.process_time()
    found = program.find_others(lists, named)

    assert found["10.0.1.7"] == [("sshd", "10.0.1.0/24")]
    assert time.process_time() - begin < 5


@pytest.mark.root
def test_what_root_has_banned_by_hand_stays(empty: Host) -> None:
    """By banip and by `ideolab-f2b ban`, also over a restart; a line of manual.log is the site's own."""
    by_root = '{"bans": [["198.51.100.8", 600], ["198.51.0.0/16", 600]], "by": "ideolab-f2b"}'
    empty.server.ask("set", "ideolab-manual", "banip", "203.0.113.9")
    empty.server.ask("set", "ideolab-manual", "action", "ideolab-ban", "by_hand", by_root)
    # not of whole seconds: the first line of an empty log could be of before the unban that empties the host
    write_lines(empty.server.manual_log, by_hand("10.1.1.7", "600", is_exact=True))
    empty.server.wait_until(lambda: len(empty.banned()) == 4, "all bans")
    empty.server.restart()
    empty.server.wait_until(lambda: len(empty.banned()) == 4, "restored bans")
    done = empty.fw_ip("unban", "203.0.113.9", "198.51.100.8", "10.1.1.7", sudo_uid=WEB)

    only_root = "only root lifts that: fail2ban-client set ideolab-manual unbanip"
    assert [(line["result"], line["detail"]) for line in done.lines] == [
        ("held", f"banned by jail ideolab-manual: {only_root} 203.0.113.9"),
        ("held", f"banned by jail ideolab-manual: {only_root} 198.51.100.8"),
        ("unbanned", "ideolab-manual"),
    ]
    assert empty.banned() == ["198.51.0.0/16", "198.51.100.8", "203.0.113.9"]
    assert empty.fw_ip("--all-ideolab-jails", "unban", "203.0.113.9", sudo_uid=WEB).code == 0


@pytest.mark.root
def test_root_takes_over_a_ban_of_the_site(empty: Host) -> None:
    """A ban that root orders again is root's; one that the site prolongs stays root's."""
    empty.fw_ip("ban", "--for", "60", "198.51.100.7", sudo_uid=WEB)
    order = '{"bans": [["198.51.100.7", 600]], "by": "ideolab-f2b"}'
    empty.server.ask("set", "ideolab-manual", "action", "ideolab-ban", "by_hand", order)
    empty.fw_ip("ban", "--for", "1h", "198.51.100.7", sudo_uid=WEB)

    assert empty.fw_ip("unban", "198.51.100.7", sudo_uid=WEB).results == [("198.51.100.7", "held")]


@pytest.mark.root
@pytest.mark.redteam
def test_banip_takes_over_a_ban_of_the_site(empty: Host) -> None:
    """It makes the ban permanent; after a restart it is root's still, and no line shortens it."""
    empty.fw_ip("ban", "--for", "60", "198.51.100.7", sudo_uid=WEB)
    empty.server.ask("set", "ideolab-manual", "banip", "198.51.100.7")
    empty.server.restart()
    empty.server.wait_until(lambda: empty.banned() == ["198.51.100.7"], "the restored ban")
    write_lines(empty.server.manual_log, by_hand("198.51.100.7", "1"), by_hand("10.1.1.7", "600"))
    empty.server.wait_until(lambda: "10.1.1.7" in empty.banned(), "the ban of the line behind it")

    assert empty.fw_ip("unban", "198.51.100.7", sudo_uid=WEB).results == [("198.51.100.7", "held")]
    assert empty.elements()["198.51.100.7/32"] is None
