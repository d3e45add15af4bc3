"""Examines the fail2ban of this host, decides on our block of jail.local, and tries the result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import fail2ban_client, fail2ban_config
from ideolab_f2b.config import Settings
from ideolab_f2b.fail2ban_config import ConfiguredJail
from ideolab_f2b.files import read
from ideolab_f2b.install.errors import InstallError, TrialError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.plan import fail2ban
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.block import Block, strip
from ideolab_f2b.install.trial import jail_local, polling, sshd, trial
from ideolab_f2b.install.trial.configuration import copy_configuration
from ideolab_f2b.kernel import inotify
from ideolab_f2b.places import FAIL2BAN, JAIL_LOCAL, JAILS

#: what is not the admin's: fail2ban's own file, and the one in which Debian enables sshd
_DISTRIBUTION = ("jail.conf", "jail.d/defaults-debian.conf")


class Examination(NamedTuple):
    """The text of our block, and the messages for the admin."""

    block: str
    messages: tuple[str, ...]


def assume(settings: Settings, local: Path, jails: Mapping[str, str] = JAILS) -> Examination:
    """Return the result for a staging directory, where nothing can be tried; `local` is its jail.local."""
    return Examination(_text(settings, "", _read(local), sshd.NOTHING, jails), ())


def examine(
    source: Source,
    host: Host,
    settings: Settings,
    etc: Path = FAIL2BAN,
    edited: bytes | None = None,
    jails: Mapping[str, str] = JAILS,
    count_inotify: Callable[[int], int] = inotify.count_free,
) -> Examination:
    """Try fail2ban with our files; InstallError, with fail2ban's own words, when it would not start.

    `edited` is our block as the admin has changed it since: it stays, so it is what is tried.
    `jails` are those that this host is to have, each with its log.
    """
    with copy_configuration(etc) as directory:
        config = directory / "config"
        trial.take_ours_out(config)
        theirs = _read(config / "jail.local")
        found = _read_jails(config)
        remedy = _remedy(config, found, host)
        polls = polling.find_reason(host, len(jails), found, count_inotify)
        logs = directory / "logs"
        block = Block(JAIL_LOCAL, _text(_log_to(settings, logs), polls.why, theirs, remedy, jails)).marked
        trial.put_ours_in(config, fail2ban(source), edited or block, logs)
        result = _try_out(directory, source, etc)
    messages = [
        _describe(result),
        *([remedy.message] if remedy.message else []),
        *([polls.message] if polls.message else []),
        *_warnings(theirs, jails),
    ]
    return Examination(_text(settings, polls.why, theirs, remedy, jails), tuple(messages))


def _text(settings: Settings, polls: str, theirs: str, remedy: sshd.Remedy, jails: Mapping[str, str]) -> str:
    taken = jail_local.sections(theirs)
    return jail_local.text(settings, polls_because=polls, jails=jails, taken=taken, extra=remedy.block)


def _read(path: Path) -> str:
    """Return the text that the admin has in a file."""
    return strip(read(path)).decode("utf-8", "replace") if path.exists() else ""


def _log_to(settings: Settings, logs: Path) -> Settings:
    return replace(settings, paths=replace(settings.paths, log_dir=logs))


def _read_jails(config: Path) -> Mapping[str, ConfiguredJail]:
    """Return the admin's jails; none when fail2ban cannot read them, which the trial will tell."""
    try:
        return fail2ban_config.read(config).jails
    except fail2ban_client.ClientError:
        return {}


def _remedy(config: Path, jails: Mapping[str, ConfiguredJail], host: Host) -> sshd.Remedy:
    files = [config / "jail.local", *(config / "jail.d").glob("*.conf"), *(config / "jail.d").glob("*.local")]
    own = [path for path in files if str(path.relative_to(config)) not in _DISTRIBUTION]
    is_admins = any(sshd.JAIL in jail_local.sections(_read(path)) for path in own)
    return sshd.remedy(jails, has_journal=host.has_journal, is_admins=is_admins, is_image=host.is_image)


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
                    f"Correct that first{_how_to_correct(str(theirs))}."
                ) from ours
        raise InstallError(f"fail2ban does not work with this pack on this host: {ours}") from ours


def _how_to_correct(theirs: str) -> str:
    # a server that runs has its own instances; the trial needs as many once more
    return f": {inotify.RAISE}" if "instance of inotify" in theirs else ""


def _describe(result: trial.TrialResult) -> str:
    jails = ", ".join(result.jails)
    if result.obstacle:
        return f"{result.obstacle}: the configuration was only read, and our action loaded; jails: {jails}"
    return f"a throw-away fail2ban-server starts all jails: {jails}"


def _warnings(theirs: str, jails: Mapping[str, str]) -> list[str]:
    warnings = []
    taken = jails.keys() & jail_local.sections(theirs)
    for jail in sorted(taken):
        warnings.append(f"jail.local has a section [{jail}] of its own; write enabled = true there yourself")
    return warnings
