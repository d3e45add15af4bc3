"""What is taken from /etc/passwd."""

from __future__ import annotations

from pathlib import Path

from ideolab_f2b.actions.protected.ssh import accounts

PASSWD = """\
root:x:0:0:root:/root:/bin/bash
toor:x:0:0::/root:/bin/sh
sshd:x:105:65534::/run/sshd:/usr/sbin/nologin
alice:x:1000:1000::/home/alice:/bin/bash
"""


def test_the_accounts(tmp_path: Path) -> None:
    """The names of uid 0, and the uid that talks to who has not logged in."""
    (tmp_path / "passwd").write_text(PASSWD)

    found = accounts.read(str(tmp_path / "passwd"))

    assert found == accounts.Accounts(frozenset(("root", "toor")), frozenset((105,)))


def test_without_the_file(tmp_path: Path) -> None:
    """A directory service may have all accounts."""
    assert accounts.read(str(tmp_path / "none")) == accounts.Accounts(frozenset(("root",)), frozenset())


def test_lines_that_are_none() -> None:
    """They are passed over: no uid, an NIS line, a negative one, root as a number."""
    lines = ["", "x", "+::::::", "a:x:-1:", "sshd:x:zero:", ":x:0:", "sshd:x:0:0:"]

    assert accounts.parse(lines) == accounts.Accounts(frozenset(("root", "sshd")), frozenset())
