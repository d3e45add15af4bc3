"""The plan: everything that goes onto a host, from the source's files, the host's facts and the settings."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Optional

from ideolab_f2b.config import DEFAULT_PATH, SERVER_STATE, Intake, Paths, Settings
from ideolab_f2b.install import logs, sandbox, sudoers
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.site import Step
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.block import Block
from ideolab_f2b.install.steps.directory import Directory
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.steps.link import Link
from ideolab_f2b.install.steps.tree import Tree
from ideolab_f2b.install.steps.user import User
from ideolab_f2b.places import (
    BAN_LIST,
    BAN_RESTORE,
    COLLECTORS,
    FAIL2BAN,
    FAIL2BAN_DROP_IN,
    HELPER,
    JAIL_LOCAL,
    LIBRARY,
    LOG_GROUP,
    NEVER_BAN,
    PROGRAM,
    ROTATION,
    TMPFILES,
    USER,
    WANTS,
)

_WRAPPER = f"""\
#!/usr/bin/python3 -I
import sys

sys.path.insert(0, "{LIBRARY}")

from ideolab_f2b.__main__ import main

sys.exit(main())
"""
_TEXTFILE = "#textfile_dir = /var/lib/node_exporter/textfile_collector"
_SENDERS = f"#senders = {', '.join(Intake().senders)}"
_TEXTFILE_HERE = f"""\
# This host: connmon, which runs as {USER}, writes into a directory of its own; node_exporter's has a link.
textfile_dir = /var/lib/ideolab/textfile"""


def setting(source: Source, nginx_user: str = "") -> bytes:
    """f2b.conf as it is installed: every key with its default, and those that differ on this host.

    `nginx_user`: the user of nginx's workers, whose datagrams the intake has to take; "" where unknown.
    """
    text = source.read("deploy/f2b.conf").decode()
    text = text.replace(_TEXTFILE, f"{_TEXTFILE}\n{_TEXTFILE_HERE}")
    if nginx_user and nginx_user not in Intake().senders:
        here = f"# This host: nginx's workers run as {nginx_user}.\nsenders = root, {nginx_user}"
        text = text.replace(_SENDERS, f"{_SENDERS}\n{here}")
    return text.encode()


def plan(
    source: Source,
    host: Host,
    settings: Settings,
    block: str,
    *,
    has_intake: bool = False,
    sudo_for: Optional[str] = None,
    web_group: Optional[str] = None,
    nginx_user: str = "",
) -> list[Step]:
    """List the steps: what runs nothing yet comes first, what fail2ban reads comes last. Pure.

    `has_intake`: the intake is to run; `sudo_for`: the user who may run the helper as root; `web_group`:
    the group of the site that writes traship.log and manual.log; `nginx_user`: as in `setting`.
    """
    return [
        User(USER),
        Tree(LIBRARY, source.everything()),
        File(PROGRAM, _WRAPPER.encode(), 0o755),
        File(HELPER, source.read("scripts/ideolab-fw-ip"), 0o755),
        File(str(DEFAULT_PATH), setting(source, nginx_user), is_setting=True),
        File(NEVER_BAN, source.read("deploy/never-ban"), is_setting=True),
        *([sudoers.step(source, sudo_for)] if sudo_for else []),
        *_directories(settings.paths, web_group),
        *_collectors(host, settings.paths, has_intake),
        *_daemons(source, host, settings.paths, web_group),
        *fail2ban(source),
        Block(JAIL_LOCAL, block),
    ]


def _directories(paths: Paths, web_group: Optional[str]) -> Iterator[Step]:
    yield Directory(str(paths.log_dir), USER, LOG_GROUP, is_ours=True)
    yield from logs.steps(paths, web_group)
    yield Directory(str(paths.state_dir), USER, USER, is_ours=True)
    yield Directory(str(SERVER_STATE), is_ours=True, mode=0o700)
    # one that is not below belongs to somebody else, who was asked or has to be
    if paths.state_dir in paths.textfile_dir.parents:
        yield Directory(str(paths.textfile_dir), USER, USER, is_ours=True)


def _collectors(host: Host, paths: Paths, has_intake: bool) -> Iterator[Step]:
    # a link to nothing would be an error of every scrape
    gauges = [paths.connmon_prom, paths.report_prom, *([paths.intake_prom] if has_intake else [])]
    if paths.state_dir in paths.textfile_dir.parents:
        for collector in host.collectors or COLLECTORS[1:]:
            for path in gauges:
                # in a container with this host's root at /rootfs, a link that begins with / leads elsewhere
                is_linked = collector in host.linked
                target = str(path) if is_linked else os.path.relpath(path, collector)
                yield Link(f"{collector}/{path.name}", target)


def _daemons(source: Source, host: Host, paths: Paths, web_group: Optional[str]) -> Iterator[Step]:
    for path, fill in ((ROTATION, logs.fill_rotation), (TMPFILES, logs.fill_tmpfiles)):
        text = source.read(f"deploy/{path[len('/etc/') :]}").decode()
        yield File(path, relocate(fill(text, paths, web_group), paths).encode())
    parts = {}
    if host.has_systemd:
        parts["systemd"] = "/etc/systemd/system"
        parts["fail2ban.service.d"] = "/etc/systemd/system/fail2ban.service.d"
    if not host.runs_systemd:
        parts["init.d"] = "/etc/init.d"
    for part, directory in parts.items():
        for name in source.names(f"deploy/{part}"):
            text = relocate(source.read(f"deploy/{part}/{name}").decode(), paths)
            yield File(f"{directory}/{name}", text.encode(), 0o755 if part == "init.d" else 0o644)
    if host.has_systemd:
        # as `systemctl enable` does; it needs no running systemd, and runs at the next boot
        yield Directory(WANTS)
        for unit in (BAN_LIST, BAN_RESTORE):
            yield Link(f"{WANTS}/{unit}", f"/etc/systemd/system/{unit}")
    drop_in = sandbox.render(source, host.restricted) if host.has_systemd else ""
    if drop_in:
        yield File(FAIL2BAN_DROP_IN, relocate(drop_in, paths).encode())


def relocate(text: str, paths: Paths) -> str:
    """Replace the usual directories in a text by those of this host."""
    usual = Paths()
    for path, ours in ((usual.log_dir, paths.log_dir), (usual.state_dir, paths.state_dir)):
        text = re.sub(rf"(?<![\w/]){re.escape(str(path))}(?![-\w])", str(ours), text)
    if paths.state_dir not in paths.textfile_dir.parents:
        text = re.sub(r"^(ReadWritePaths=.*)$", rf"\1 -{paths.textfile_dir}", text, flags=re.M)
    return text


def fail2ban(source: Source) -> list[File]:
    """Return the files that fail2ban reads, without the block in jail.local that enables the jails."""
    return [
        File(str(FAIL2BAN / part / name), source.read(f"{part}/{name}"))
        for part in ("filter.d", "action.d", "jail.d")
        for name in source.names(part)
    ]
