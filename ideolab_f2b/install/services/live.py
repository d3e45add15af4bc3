"""Makes the running services use what was placed, and looks whether they do."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from types import ModuleType

from ideolab_f2b import __version__, fail2ban_client, fail2ban_config
from ideolab_f2b.config import DEFAULT_PATH
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.run import CommandError
from ideolab_f2b.install.services import systemd, sysv
from ideolab_f2b.places import ACTION, ALL_JAILS, FAIL2BAN, JAILS, LIBRARY

#: a server that restores thousands of bans through shell actions is slow to come up
UP_S = 60.0


class LiveError(RuntimeError):
    """A service does not run as it should."""


def services(host: Host) -> ModuleType:
    return systemd if host.runs_systemd else sysv


def bring_up(host: Host, changed: set[str], *, has_intake: bool = False) -> list[str]:
    """Start or reload fail2ban, start our daemons; what was done, in words. LiveError: jails are missing."""
    wanted = set(fail2ban_config.read(FAIL2BAN).jails)
    is_changed = any(map(_is_daemons, changed))
    try:
        told = [_fail2ban(host, changed, wanted)]
        _wait(host, wanted)
        told.append(services(host).start_connmon(is_changed=is_changed))
        if has_intake:
            told.append(services(host).start_intake(is_changed=is_changed))
        return told
    except (CommandError, fail2ban_client.ClientError) as error:
        raise LiveError(str(error)) from error


def _is_daemons(path: str) -> bool:
    return path in (LIBRARY, str(DEFAULT_PATH)) or path.startswith("/etc/systemd/") or "init.d" in path


def _fail2ban(host: Host, changed: set[str], wanted: set[str]) -> str:
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
        return _reloaded(host)
    return "fail2ban runs"


def _reloaded(host: Host) -> str:
    """A server that had an earlier version of the package loaded, uninstalled since, still has it."""
    told = fail2ban_client.stats(next(iter(JAILS)), ACTION) or {}
    if told.get("version", __version__) == __version__:
        return "fail2ban reloaded"
    services(host).restart_fail2ban()
    return f"fail2ban restarted: it had version {told['version']} loaded"


def _wait(host: Host, wanted: set[str]) -> None:
    until, missing = time.monotonic() + UP_S, wanted
    while missing:
        if services(host).has_failed():
            raise LiveError("fail2ban ended at once; see journalctl -u fail2ban and /var/log/fail2ban.log")
        if time.monotonic() > until:
            raise LiveError(f"after {UP_S:.0f} s these jails do not run: {', '.join(sorted(missing))}")
        time.sleep(0.2)
        missing = wanted - _running()
    for jail in ALL_JAILS.keys() & wanted:
        if ACTION not in fail2ban_client.actions(jail):
            raise LiveError(f"jail {jail} runs without its action {ACTION}")


def _running() -> set[str]:
    try:
        return fail2ban_client.jails()
    except fail2ban_client.ClientError:
        # it comes up, or takes a new configuration
        return set()


def stop_connmon(host: Host) -> None:
    with contextlib.suppress(CommandError):
        services(host).stop_connmon()


def stop_intake(host: Host) -> None:
    with contextlib.suppress(CommandError):
        services(host).stop_intake()


def bring_back(host: Host, before: Mapping[str, bool], *, had_connmon: bool) -> str:
    """After our files are gone again, or the former ones are back: the services as they were."""
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
        return f"fail2ban could not be brought back: {error}"
    return "fail2ban runs with its former configuration"
