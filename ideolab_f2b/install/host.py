"""What this host has: the facts that the plan depends on."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from ideolab_f2b import config, fail2ban_client
from ideolab_f2b.firewall.backend import AUTO, BACKENDS
from ideolab_f2b.install import sandbox
from ideolab_f2b.install.site import Site
from ideolab_f2b.places import COLLECTORS, find_program, install_command, runs_systemd

_CAN_READ_JOURNAL = "from systemd import journal"


#: {program without which nothing works: its package}
_PROGRAMS = {"fail2ban-client": "fail2ban", "useradd": "passwd"}


@dataclass(frozen=True)
class Host:
    """`runs_systemd`: it is PID 1; `has_systemd`: it is installed, so that its units have a place.

    `collectors` are node_exporter's directories, `linked` those that are reached by a link; `restricted` are
    the settings that fail2ban's unit needs of ours (sandbox.py). `is_image`: with --no-start, what is not
    there yet may be there after the first boot.
    """

    runs_systemd: bool = True
    has_systemd: bool = True
    has_pyinotify: bool = True
    has_journal: bool = True
    collectors: tuple[str, ...] = ()
    linked: tuple[str, ...] = ()
    restricted: frozenset[str] = frozenset()
    #: Debian's packages of the programs that are not there
    missing: tuple[str, ...] = ()
    #: systemd, or Debian's programs for init scripts, start our daemons at each boot
    boots_daemons: bool = True
    is_image: bool = False


def probe(site: Site, *, is_image: bool = False) -> Host:
    """Find out what the host has; a staging directory is taken for a host with all that is usual.

    `is_image`: it is being built and runs nothing yet. Its journal is there once systemd has booted it.
    """
    collectors = tuple(path for path in COLLECTORS if site.leads_to(path).is_dir())
    linked = tuple(path for path in collectors if site.at(path).resolve() != site.root.resolve() / path[1:])
    if not site.is_live:
        return Host(runs_systemd=False, collectors=collectors, linked=linked, restricted=sandbox.find(site))
    return Host(
        runs_systemd=runs_systemd(),
        has_systemd=runs_systemd() or Path("/lib/systemd/systemd").exists(),
        has_pyinotify=_runs("import pyinotify"),
        has_journal=_runs(fail2ban_client.READ_JOURNAL)
        or (is_image and _boots_systemd() and _runs(_CAN_READ_JOURNAL)),
        collectors=collectors,
        is_image=is_image,
        linked=linked,
        restricted=sandbox.find(site),
        missing=(
            *(package for program, package in _PROGRAMS.items() if find_program(program) is None),
            *(() if is_image else find_packages(read_backend(site))),
        ),
        boots_daemons=runs_systemd() or find_program("update-rc.d") is not None,
    )


def find_packages(wanted: str = AUTO) -> tuple[str, ...]:
    """Return the packages that the backend of the settings lacks here; none where nf_tables serves."""
    if wanted == "nft" or os.geteuid() != 0:
        # no package mends it, and ideolab-f2b check says what is wrong; another user does not see it
        return ()
    if wanted == AUTO and not BACKENDS["nft"].find_problem():
        return ()
    return tuple(name for name in BACKENDS["ipset"].packages if find_program(name) is None)


def read_backend(site: Site) -> str:
    """Return what the settings of this host say."""
    try:
        return config.load(site.leads_to(str(config.DEFAULT_PATH))).firewall.backend
    except config.ConfigError:
        # the plan says what is wrong with it
        return AUTO


def _boots_systemd() -> bool:
    return Path("/sbin/init").resolve().name == "systemd"


def lack(host: Host) -> str:
    """Return which packages the host needs first, and what installs them; "" when all are there."""
    if not host.missing:
        return ""
    return f"not installed yet: {', '.join(host.missing)}; {install_command(*host.missing)}"


def _runs(program: str) -> bool:
    """Return whether a program succeeds in fail2ban's Python."""
    try:
        words = [fail2ban_client.python(), "-c", program]
        return subprocess.run(words, capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False
