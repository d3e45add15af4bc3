"""Examines the fail2ban of this host, decides on our block of jail.local, and tries the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import fail2ban_client, fail2ban_config
from ideolab_f2b.config import Settings
from ideolab_f2b.install.errors import InstallError, TrialError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.plan import fail2ban
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.block import Block, strip
from ideolab_f2b.install.trial import jail_local, sshd, trial
from ideolab_f2b.install.trial.server import copy_configuration
from ideolab_f2b.places import FAIL2BAN, JAIL_LOCAL, JAILS

#: what is not the admin's: fail2ban's own file, and the one in which Debian enables sshd
_DISTRIBUTION = ("jail.conf", "jail.d/defaults-debian.conf")


class Examination(NamedTuple):
    """The text of our block, and the messages for the admin."""

    block: str
    messages: tuple[str, ...]


def assume(settings: Settings, etc: Path, jails: Mapping[str, str] = JAILS) -> Examination:
    """Return the result for a staging directory, where nothing can be tried."""
    return Examination(_text(settings, Host(), etc, sshd.NOTHING, jails), ())


def examine(
    source: Source,
    host: Host,
    settings: Settings,
    etc: Path = FAIL2BAN,
    edited: bytes | None = None,
    jails: Mapping[str, str] = JAILS,
) -> Examination:
    """Try fail2ban with our files; InstallError, with fail2ban's own words, when it would not start.

    `edited` is our block as the admin has changed it since: it stays, so it is what is tried.
    `jails` are those that this host is to have, each with its log.
    """
    with copy_configuration(etc) as directory:
        config = directory / "config"
        trial.take_ours_out(config)
        remedy = _remedy(config, host)
        logs = directory / "logs"
        block = Block(JAIL_LOCAL, _text(_log_to(settings, logs), host, config, remedy, jails)).marked
        trial.put_ours_in(config, fail2ban(source), edited or block, logs)
        result = _try_out(directory, source, etc)
    messages = [
        _describe(result),
        *([remedy.message] if remedy.message else []),
        *_warnings(host, etc, jails),
    ]
    return Examination(_text(settings, host, etc, remedy, jails), tuple(messages))


def _text(settings: Settings, host: Host, etc: Path, remedy: sshd.Remedy, jails: Mapping[str, str]) -> str:
    taken = jail_local.sections(_read(etc / "jail.local"))
    return jail_local.text(
        settings, has_pyinotify=host.has_pyinotify, jails=jails, taken=taken, extra=remedy.block
    )


def _read(path: Path) -> str:
    """Return the text that the admin has in a file."""
    return strip(path.read_bytes()).decode("utf-8", "replace") if path.exists() else ""


def _log_to(settings: Settings, logs: Path) -> Settings:
    return replace(settings, paths=replace(settings.paths, log_dir=logs))


def _remedy(config: Path, host: Host) -> sshd.Remedy:
    try:
        jails = fail2ban_config.read(config).jails
    except fail2ban_client.ClientError:
        # the trial will tell; or our jails are the first that work
        jails = {}
    files = [config / "jail.local", *(config / "jail.d").glob("*.conf"), *(config / "jail.d").glob("*.local")]
    own = [path for path in files if str(path.relative_to(config)) not in _DISTRIBUTION]
    is_admins = any(sshd.JAIL in jail_local.sections(_read(path)) for path in own)
    return sshd.remedy(jails, has_journal=host.has_journal, is_admins=is_admins)


def _try_out(directory: Path, source: Source, etc: Path) -> trial.TrialResult:
    library = source.package.parent
    try:
        return trial.try_out(directory, library)
    except TrialError as ours:
        with copy_configuration(etc) as aside:
            trial.take_ours_out(aside / "config")
            try:
                trial.try_out(aside, library)
            except TrialError as theirs:
                raise InstallError(
                    f"fail2ban's own configuration fails, also without this pack: {theirs}\n"
                    "Correct that first."
                ) from ours
        raise InstallError(f"fail2ban does not work with this pack on this host: {ours}") from ours


def _describe(result: trial.TrialResult) -> str:
    jails = ", ".join(result.jails)
    if result.is_started:
        return f"a throw-away fail2ban-server starts all jails: {jails}"
    return (
        "this host allows no namespaces: the configuration was only read, and our action loaded; "
        f"jails: {jails}"
    )


def _warnings(host: Host, etc: Path, jails: Mapping[str, str]) -> list[str]:
    warnings = []
    if not host.has_pyinotify:
        warnings.append(
            "fail2ban's Python has no pyinotify: the jails poll their logs, 0.1 s slower; "
            "apt-get install python3-pyinotify"
        )
    taken = jails.keys() & jail_local.sections(_read(etc / "jail.local"))
    for jail in sorted(taken):
        warnings.append(f"jail.local has a section [{jail}] of its own; write enabled = true there yourself")
    return warnings
