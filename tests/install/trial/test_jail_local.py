"""The block in jail.local, line by line."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path

from ideolab_f2b.config import Connmon, Paths, Settings
from ideolab_f2b.install.trial import jail_local

HERE = Settings(Connmon(), Paths(textfile_dir=Path("/var/lib/ideolab/textfile")))


def test_the_block_enables_the_jails_and_no_more() -> None:
    """On a host where the files of jail.d fit as they are."""
    head, jails = jail_local.text(HERE).split("\n\n", 1)

    assert {line[:2] for line in head.splitlines()} == {"# "}
    assert jails == (
        "[ideolab-connmon]\n"
        "enabled = true\n"
        "\n"
        "[ideolab-connmon-net]\n"
        "enabled = true\n"
        "\n"
        "[ideolab-manual]\n"
        "enabled = true\n"
        "\n"
        "[ideolab-asn]\n"
        "enabled = true\n"
    )


def test_the_block_says_what_is_different_here() -> None:
    """No pyinotify, other directories, other ports; a section of the admin's own is not written twice."""
    other = Settings(
        replace(Connmon(), ports=(443, 8443), ignore=(ip_network("192.0.2.0/24"),)),
        replace(Paths(), log_dir=Path("/srv/log")),
    )
    text = jail_local.text(
        other,
        polls_because="no pyinotify",
        taken={"ideolab-connmon-net", "sshd"},
        extra="[sshd]\nenabled = false\n",
    )

    assert text.split("\n\n", 1)[1] == (
        "[ideolab-connmon]\n"
        "enabled = true\n"
        "# no pyinotify\n"
        "backend = polling\n"
        "logpath = /srv/log/connmon.log\n"
        "          /usr/local/lib/ideolab-f2b/deploy/no-log\n"
        "port = 443,8443\n"
        "\n"
        "[ideolab-manual]\n"
        "enabled = true\n"
        "# no pyinotify\n"
        "backend = polling\n"
        "logpath = /srv/log/manual.log\n"
        "          /usr/local/lib/ideolab-f2b/deploy/no-log\n"
        "port = 443,8443\n"
        "\n"
        "[ideolab-asn]\n"
        "enabled = true\n"
        "# no pyinotify\n"
        "backend = polling\n"
        "port = 443,8443\n"
        "\n"
        "[sshd]\n"
        "enabled = false\n"
    )
