"""What the state of a jail means."""

from __future__ import annotations

import pytest

from ideolab_f2b import __version__, fail2ban_client
from ideolab_f2b.check import server
from ideolab_f2b.check.server import RunningJail
from ideolab_f2b.places import NO_LOG, restart

LOG = "/var/log/ideolab/connmon.log"
STATS = {"set": "ideolab_connmon", "last_error": None}


@pytest.mark.parametrize(
    ("seen", "switch", "skipped", "said"),
    [
        (RunningJail({"ideolab-ban"}, [LOG], STATS), "on", (), "ok       jail j: runs with ideolab-ban"),
        (
            RunningJail({"ideolab-ban"}, [LOG], {**STATS, "last_error": "the set is full"}), "on", (),
            "unknown  jail j: runs with ideolab-ban; its last error was the set is full\n"
            f"         -> see /var/log/fail2ban.log; {restart('fail2ban')} forgets it",
        ),
        (
            RunningJail({"ideolab-ban"}, [LOG], {**STATS, "version": "0.0.1"}), "on", (),
            f"wrong    jail j: fail2ban runs version 0.0.1 of the pack; {__version__} is installed\n"
            f"         -> {restart('fail2ban')}",
        ),
        # backend = systemd: a filter for files may understand none of its lines
        (
            RunningJail({"ideolab-ban"}, [], STATS, matches=0), "on", (),
            f"unknown  jail j: reads the journal instead of {LOG}; whether its filter fits is not known\n"
            "         -> fail2ban-regex systemd-journal FILTER, or take its backend out of"
            " /etc/fail2ban/jail.d/ideolab.local",
        ),
        (
            RunningJail({"ideolab-ban"}, [], STATS, matches=7), "on", (),
            "ok       jail j: runs with ideolab-ban; 7 lines of the journal were failures",
        ),
        (
            RunningJail({"ideolab-ban"}, [], STATS), "on", (),
            f"wrong    jail j: reads nothing instead of {LOG}\n         -> ideolab-f2b install",
        ),
        (
            RunningJail({"iptables"}, [LOG], None), "on", (),
            "wrong    jail j: runs without its action ideolab-ban: it bans nobody\n"
            "         -> fail2ban-client reload --restart j",
        ),
        (
            RunningJail({"ideolab-ban"}, [LOG], {"degraded": "no module"}), "on", (),
            "wrong    jail j: its action cannot import the package ideolab_f2b: it bans nobody\n"
            f"         -> {restart('fail2ban')}",
        ),
        (
            RunningJail({"ideolab-ban"}, ["/old.log"], STATS), "on", (),
            f"wrong    jail j: reads /old.log instead of {LOG}\n         -> ideolab-f2b install",
        ),
        (
            RunningJail({"ideolab-ban"}, [NO_LOG], STATS), "on", (),
            f"wrong    jail j: has no log: {LOG} was missing when fail2ban read its configuration\n"
            "         -> ideolab-f2b install; fail2ban-client reload",
        ),
        (
            RunningJail({"ideolab-ban"}, [LOG], {**STATS, "lifted": {"trouble": "unbans are forgotten"}}),
            "on", (), "wrong    jail j: unbans are forgotten\n         -> ideolab-f2b install",
        ),
        (None, "on", (), "wrong    jail j: is enabled but does not run\n         -> fail2ban-client reload"),
        (None, "off", (), "ok       jail j: is switched off in your configuration"),
        (
            None, "missing", (),
            "wrong    jail j: is not enabled\n"
            "         -> ideolab-f2b install, or write enabled = true below [j] in"
            " /etc/fail2ban/jail.d/ideolab.local",
        ),
        (
            None, "missing", ("Jail 'j' skipped, because of wrong configuration: no filter",),
            "wrong    jail j: Jail 'j' skipped, because of wrong configuration: no filter\n"
            "         -> correct /etc/fail2ban/jail.d/ideolab.local, then fail2ban-client reload",
        ),
    ],
)  # fmt: skip
def test_a_jail(seen: RunningJail | None, switch: str, skipped: tuple[str, ...], said: str) -> None:
    """Running with its action, its package and its log, or what is missing."""
    assert str(server.judge("j", seen, switch, LOG, skipped)) == said


@pytest.mark.parametrize(
    ("state", "seen"),
    [
        ({"Total failed": "3", "File list": LOG}, RunningJail({"ideolab-ban"}, [LOG], STATS)),
        ({"Total failed": "3", "Journal matches": "_COMM=nginx"}, RunningJail({"ideolab-ban"}, [], STATS, 3)),
    ],
)
def test_what_the_server_says(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, str], seen: RunningJail
) -> None:
    """A jail reads files, or the journal."""
    monkeypatch.setattr(fail2ban_client, "filter_state", lambda _jail: state)
    monkeypatch.setattr(fail2ban_client, "logs", lambda _jail: [LOG])
    monkeypatch.setattr(fail2ban_client, "actions", lambda _jail, _options=(): {"ideolab-ban"})
    monkeypatch.setattr(fail2ban_client, "stats", lambda _jail, _action: STATS)

    assert server.ask("j") == seen


def test_a_jail_of_the_admins_that_bans_by_our_action(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as sshd with our banaction: its sets and its action count as those of the pack."""
    actions = {"sshd": {"ideolab-ban"}, "postfix": {"ideolab-ban.py-tcp"}, "mail": {"iptables"}}
    monkeypatch.setattr(fail2ban_client, "actions", lambda jail, _options=(): actions[jail])

    assert server.with_our_action([*actions, "ideolab-manual"]) == {"sshd", "postfix", "ideolab-manual"}
    assert server.action_of("postfix") == "ideolab-ban.py-tcp"
    assert str(server.judge_foreign("sshd", STATS)) == "ok       jail sshd: runs with ideolab-ban"
    assert server.judge_foreign("sshd", None).state == "wrong"
    assert server.judge_foreign("sshd", {**STATS, "last_error": "x"}).state == "unknown"


@pytest.mark.parametrize("part", ["closer", "keeper"])
def test_an_error_of_another_part_of_the_action(part: str) -> None:
    """Sockets that stay open, or an element that does not come back."""
    found = server.judge_foreign("sshd", {**STATS, part: {"last_error": "no netlink"}})

    assert (found.state, found.text) == ("unknown", "runs with ideolab-ban; its last error was no netlink")
