"""The sshd jail that Debian enables, on hosts with and without its log."""

from __future__ import annotations

import pytest

from ideolab_f2b.fail2ban_config import ConfiguredJail
from ideolab_f2b.install.trial.sshd import NOTHING, remedy

NO_LOG, WITH_LOG, JOURNAL = (
    ConfiguredJail("auto", ()),
    ConfiguredJail("auto", ("/var/log/auth.log",)),
    ConfiguredJail("systemd", ()),
)


@pytest.mark.parametrize(
    ("jail", "has_journal", "block"),
    [
        (WITH_LOG, True, ""),
        (WITH_LOG, False, ""),
        (JOURNAL, True, ""),
        (NO_LOG, True, "backend = systemd"),
        (NO_LOG, False, "enabled = false"),
        (JOURNAL, False, "enabled = false"),
    ],
)
def test_a_jail_that_would_stop_fail2ban_gets_what_the_host_has(
    jail: ConfiguredJail, has_journal: bool, block: str
) -> None:
    """The journal where it can be read, else the jail is off; one that starts is left alone."""
    found = remedy({"sshd": jail}, has_journal=has_journal, is_admins=False)

    assert found.block.splitlines()[-1:] == ([block] if block else [])
    assert bool(found.message) == bool(block)


def test_the_jail_of_an_image_is_never_off() -> None:
    """Who boots the image may have what is missing while it is built."""
    later = remedy({"sshd": NO_LOG}, has_journal=False, is_admins=False, is_image=True)

    assert later.block.splitlines()[-3:] == [
        "[sshd]",
        "logpath = %(sshd_log)s",
        "          /usr/local/lib/ideolab-f2b/deploy/no-log",
    ]
    assert "backend = systemd" in remedy(
        {"sshd": NO_LOG}, has_journal=True, is_admins=False, is_image=True
    ).block  # fmt: skip
    assert remedy({"sshd": WITH_LOG}, has_journal=False, is_admins=False, is_image=True) == NOTHING


def test_the_admins_own_sshd_jail_is_never_overruled() -> None:
    """If it stops fail2ban, the trial says so."""
    assert remedy({"sshd": NO_LOG}, has_journal=True, is_admins=True) == NOTHING


def test_without_an_sshd_jail_there_is_nothing_to_do() -> None:
    """As on a distribution that enables none."""
    assert remedy({}, has_journal=False, is_admins=False) == NOTHING
