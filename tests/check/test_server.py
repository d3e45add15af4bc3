"""What the state of a jail means."""

from __future__ import annotations

import pytest

from ideolab_f2b.check import server
from ideolab_f2b.check.server import RunningJail
from ideolab_f2b.places import restart

LOG = "/var/log/ideolab/connmon.log"
STATS = {"set": "ideolab_connmon", "last_error": None}


@pytest.mark.parametrize(
    ("seen", "switch", "skipped", "said"),
    [
        (RunningJail({"ideolab-ban"}, [LOG], STATS), "on", (), "ok       jail j: runs with ideolab-ban"),
        (
            RunningJail({"ideolab-ban"}, [LOG], {**STATS, "last_error": "the set is full"}), "on", (),
            "ok       jail j: runs with ideolab-ban; its last error was the set is full",
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
