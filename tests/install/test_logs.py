"""The logs of the pack: every file that lists them lists the same."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

from ideolab_f2b.config import Paths
from ideolab_f2b.install.source import Source
from ideolab_f2b.places import ALL_JAILS, JAILS, NGINX_JAILS

LOGS = Paths()


def words(text: str) -> list[str]:
    """The paths of logs that stand outside of comments, in order."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return re.findall(r"/var/log/ideolab/[^\s{]+", "\n".join(lines))


def test_logrotate_rotates_each_log_once(checkout: Source) -> None:
    """By its name: a pattern would miss a new one, or take one of the other part."""
    parts = checkout.read("deploy/logrotate.d/ideolab-f2b").decode().split("}\n")

    assert [words(part) for part in parts] == [
        [str(log) for log in LOGS.own_logs],
        [str(log) for log in LOGS.site_logs],
        [],
    ]


def test_tmpfiles_makes_the_logs_that_every_install_has(checkout: Source) -> None:
    """All but traship.log, which is there only with --django."""
    text = checkout.read("deploy/tmpfiles.d/ideolab-f2b.conf").decode()

    assert sorted(words(text)) == sorted(map(str, (*LOGS.own_logs, LOGS.manual_log)))


def test_jails_read_these_logs(checkout: Source) -> None:
    """The table of jails, jail.d and the settings agree; install enables no other jail."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(checkout.read("jail.d/ideolab.conf").decode())
    read = {jail: parser.get(jail, "logpath") for jail in parser.sections() if jail in ALL_JAILS}

    assert read == {jail: str(Path(LOGS.log_dir, log)) for jail, log in ALL_JAILS.items()}
    logs = {str(log) for log in (*LOGS.own_logs, *LOGS.site_logs)}
    assert set(read.values()) == logs - {str(LOGS.events)}
    assert {*JAILS.values(), *NGINX_JAILS.values()} <= {log.name for log in (*LOGS.own_logs, LOGS.manual_log)}


def test_init_scripts_make_the_logs_that_tmpfiles_makes(checkout: Source) -> None:
    """Each daemon's script makes those of the jails that it is there for."""
    made = {
        name: re.findall(r"for log in (.*); do", checkout.read(f"deploy/init.d/{name}").decode())[0].split()
        for name in checkout.names("deploy/init.d")
    }

    assert sorted(made) == ["ideolab-connmon", "ideolab-intake"]
    assert sorted(name for names in made.values() for name in names) == sorted(
        log.name for log in (*LOGS.own_logs, LOGS.manual_log)
    )
