"""Makes the running services use what was installed, and checks that they do."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from types import ModuleType
from typing import Optional

from ideolab_f2b import __version__, fail2ban_client, fail2ban_config
from ideolab_f2b.config import DEFAULT_PATH
from ideolab_f2b.install.errors import CommandError, InstallError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.services import systemd, sysv
from ideolab_f2b.places import ACTION, ALL_JAILS, FAIL2BAN, FAIL2BAN_DROP_IN, LIBRARY, NETNS_RUN, REPORT

#: seconds; a server that restores thousands of bans through shell actions is slow to come up
UP_S = 60.0


def services(host: Host) -> ModuleType:
    """Return the module that starts and stops services on this host."""
    return systemd if host.runs_systemd else sysv


def bring_up(
    host: Host, changed: set[str], *, has_intake: bool = False, has_opener: bool = False
) -> list[str]:
    """Start or reload fail2ban and start our daemons; return what was done, in words.

    `changed` are the paths that this install wrote. InstallError or ClientError when a jail or a daemon does
    not run, or when a jail cannot ban.
    """
    wanted = set(fail2ban_config.read(FAIL2BAN).jails)
    is_changed = any(map(_restarts_daemons, changed))
    # the opener first: the others ask it
    messages = [services(host).start_opener(is_changed=is_changed)] if has_opener else []
    messages.append(_start_fail2ban(host, changed, wanted))
    _wait(host, wanted)
    messages.append(services(host).start_connmon(is_changed=is_changed))
    if has_intake:
        messages.append(services(host).start_intake(is_changed=is_changed))
    return messages


def _restarts_daemons(path: str) -> bool:
    return path in (LIBRARY, str(DEFAULT_PATH)) or path.startswith("/etc/systemd/") or "init.d" in path


def _start_fail2ban(host: Host, changed: set[str], wanted: set[str]) -> str:
    if not fail2ban_client.is_up():
        services(host).start_fail2ban()
        return "fail2ban started"
    if FAIL2BAN_DROP_IN in changed:
        services(host).restart_fail2ban()
        return "fail2ban restarted: what its unit allows changed (bans stay in the kernel meanwhile)"
    running = fail2ban_client.jails()
    if ALL_JAILS.keys() & running and _has_code(changed):
        # a reload keeps the modules that the server has loaded
        services(host).restart_fail2ban()
        return "fail2ban restarted: its code changed (bans stay in the kernel meanwhile)"
    if wanted - running or any(map(_is_for_fail2ban, changed)):
        fail2ban_client.ask("reload")
        return _restart_if_older(host, "fail2ban reloaded")
    return _restart_if_older(host, "fail2ban runs")


def _is_for_fail2ban(path: str) -> bool:
    """Return whether fail2ban reads a path when it reads its configuration; it finds logs only then."""
    return path.startswith(str(FAIL2BAN)) or Path(path).name in ALL_JAILS.values()


def _has_code(changed: Collection[str]) -> bool:
    """Return whether fail2ban-server loads code from one of these paths."""
    return any(path == LIBRARY or path.endswith(".py") for path in changed)


def _restart_if_older(host: Host, otherwise: str) -> str:
    """Restart a server that has other code of the pack loaded; return what was done, or `otherwise`.

    After an uninstall the server keeps the modules of the old package, and with these in its memory the new
    actions may not load at all.
    """
    for jail in sorted(ALL_JAILS.keys() & fail2ban_client.jails()):
        for action in (ACTION, REPORT):
            difference = _difference(fail2ban_client.stats(jail, action))
            if difference:
                services(host).restart_fail2ban()
                return f"fail2ban restarted: {difference}"
    return otherwise


def _difference(stats: Optional[Mapping[str, object]]) -> str:
    """Return how the loaded code of an action differs from what is installed; "" when it does not.

    `stats` is None where the jail has no such action.
    """
    if stats is None:
        return ""
    if stats.get("degraded"):
        return "it could not load the pack"
    loaded = stats.get("version", "unknown")
    return "" if loaded == __version__ else f"it had version {loaded} loaded"


def _wait(host: Host, wanted: set[str]) -> None:
    until, missing = time.monotonic() + UP_S, wanted
    while missing:
        if services(host).has_failed():
            raise InstallError("fail2ban ended at once; see journalctl -u fail2ban and /var/log/fail2ban.log")
        if time.monotonic() > until:
            names = ", ".join(sorted(missing))
            raise InstallError(
                f"after {UP_S:.0f} s these jails do not run: {names}; see /var/log/fail2ban.log"
            )
        time.sleep(0.2)
        missing = wanted - _running()
    for jail in ALL_JAILS.keys() & wanted:
        if ACTION not in fail2ban_client.actions(jail):
            raise InstallError(f"jail {jail} runs without its action {ACTION}; see /var/log/fail2ban.log")
        degraded = (fail2ban_client.stats(jail, ACTION) or {}).get("degraded")
        if degraded:
            raise InstallError(f"jail {jail} bans nobody: {degraded}")


def _running() -> set[str]:
    try:
        return fail2ban_client.jails()
    except fail2ban_client.ClientError:
        # it comes up, or takes a new configuration
        return set()


def stop_connmon(host: Host) -> None:
    """Stop connmon; one that cannot be stopped is no error."""
    with contextlib.suppress(CommandError):
        services(host).stop_connmon()


def stop_intake(host: Host) -> None:
    """Stop the intake; one that cannot be stopped is no error."""
    with contextlib.suppress(CommandError):
        services(host).stop_intake()


def stop_opener(host: Host, run: Path = Path(NETNS_RUN)) -> None:
    """Stop the opener of namespaces and remove its directory; one that cannot be stopped is no error."""
    with contextlib.suppress(CommandError):
        services(host).stop_opener()
        # while it is there, the ban action wants to ask
        if run.is_dir() and not run.is_symlink():
            shutil.rmtree(run)


def restore(
    host: Host, before: Mapping[str, bool], *, had_connmon: bool, changed: Collection[str] = ()
) -> str:
    """Make the services as they were, after an install was undone; return what was done, in words.

    `changed` are the paths that the install wrote: fail2ban may have loaded their code.
    """
    try:
        services(host).start_connmon(is_changed=True) if had_connmon else services(host).forget()
        if not before["fail2ban_enabled"]:
            services(host).disable_fail2ban()
        if not before["fail2ban_active"]:
            services(host).stop_fail2ban()
            return "fail2ban is stopped, as it was before"
        if not fail2ban_client.is_up():
            services(host).start_fail2ban()
        elif had_connmon and _has_code(changed):
            # a reload would go on with the code that was undone
            services(host).restart_fail2ban()
        else:
            fail2ban_client.ask("reload")
    except (CommandError, fail2ban_client.ClientError) as error:
        return f"fail2ban could not be made as it was: {error}"
    return "fail2ban runs with its former configuration"
