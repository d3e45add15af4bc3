"""Makes the running services use what was installed, and checks that they do."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from types import ModuleType

from ideolab_f2b import __version__, fail2ban_client, fail2ban_config
from ideolab_f2b.config import DEFAULT_PATH
from ideolab_f2b.install.errors import CommandError, InstallError
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.services import systemd, sysv
from ideolab_f2b.places import ACTION, ALL_JAILS, FAIL2BAN, JAILS, LIBRARY

#: seconds; a server that restores thousands of bans through shell actions is slow to come up
UP_S = 60.0


def services(host: Host) -> ModuleType:
    """Return the module that starts and stops services on this host."""
    return systemd if host.runs_systemd else sysv


def bring_up(host: Host, changed: set[str], *, has_intake: bool = False) -> list[str]:
    """Start or reload fail2ban and start our daemons; return what was done, in words.

    `changed` are the paths that this install wrote. InstallError or ClientError when a jail or a daemon does
    not run.
    """
    wanted = set(fail2ban_config.read(FAIL2BAN).jails)
    is_changed = any(map(_restarts_daemons, changed))
    messages = [_start_fail2ban(host, changed, wanted)]
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
    running = fail2ban_client.jails()
    if ALL_JAILS.keys() & running and any(path == LIBRARY or path.endswith(".py") for path in changed):
        # a reload keeps the modules that the server has loaded
        services(host).restart_fail2ban()
        return "fail2ban restarted: its code changed (bans stay in the kernel meanwhile)"
    if wanted - running or any(path.startswith(str(FAIL2BAN)) for path in changed):
        fail2ban_client.ask("reload")
        return _restart_if_older(host)
    return "fail2ban runs"


def _restart_if_older(host: Host) -> str:
    """Restart a server that still has another version of the package loaded, which was uninstalled since."""
    stats = fail2ban_client.stats(next(iter(JAILS)), ACTION) or {}
    if stats.get("version", __version__) == __version__:
        return "fail2ban reloaded"
    services(host).restart_fail2ban()
    return f"fail2ban restarted: it had version {stats['version']} loaded"


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


def restore(host: Host, before: Mapping[str, bool], *, had_connmon: bool) -> str:
    """Make the services as they were, after an install was undone; return what was done, in words."""
    try:
        services(host).start_connmon(is_changed=True) if had_connmon else services(host).forget()
        if not before["fail2ban_enabled"]:
            services(host).disable_fail2ban()
        if not before["fail2ban_active"]:
            services(host).stop_fail2ban()
            return "fail2ban is stopped, as it was before"
        if fail2ban_client.is_up():
            fail2ban_client.ask("reload")
        else:
            services(host).start_fail2ban()
    except (CommandError, fail2ban_client.ClientError) as error:
        return f"fail2ban could not be made as it was: {error}"
    return "fail2ban runs with its former configuration"
