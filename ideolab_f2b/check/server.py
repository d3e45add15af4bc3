"""Checks that fail2ban runs, with our jails and with actions that work."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

from ideolab_f2b import fail2ban_action, fail2ban_client, fail2ban_config
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.manifest import BLOCK
from ideolab_f2b.places import ACTION, ALL_JAILS, FAIL2BAN, JAIL_LOCAL, JAILS, REPORT, restart

#: what is in /etc/fail2ban/jail.d/ideolab.local decides
_CHANGE = "/etc/fail2ban/jail.d/ideolab.local"


ON = "on"
OFF = "off"
MISSING = "missing"


class RunningJail(NamedTuple):
    """What the server says about a jail; `stats` is None when its action says nothing."""

    actions: Collection[str]
    logs: Collection[str]
    stats: Optional[Mapping[str, Any]]


def fail2ban(_settings: Settings) -> Iterator[Verdict]:
    """Check that a server answers."""
    try:
        running = fail2ban_client.jails()
    except fail2ban_client.ServerDownError as error:
        yield wrong("fail2ban", f"is down: {error}", restart("fail2ban"))
    except fail2ban_client.ClientError as error:
        yield unknown("fail2ban", str(error))
    else:
        yield ok("fail2ban", f"answers; {len(running)} jails run")


def jails(settings: Settings) -> Iterator[Verdict]:
    """Check that each of our jails runs as it is configured."""
    try:
        running = fail2ban_client.jails()
        wanted = fail2ban_config.read(FAIL2BAN)
    except fail2ban_client.ServerDownError:
        yield unknown("jails", "fail2ban is down", restart("fail2ban"))
        return
    except fail2ban_client.ClientError as error:
        yield unknown("jails", str(error))
        return
    for jail, log in ALL_JAILS.items():
        found, switch = ask(jail) if jail in running else None, _switch(jail, wanted)
        if found is None and switch == MISSING and jail not in JAILS:
            # those of nginx are installed only where that was asked for
            continue
        yield judge(jail, found, switch, str(settings.paths.log_dir / log), wanted.skipped)


def _switch(jail: str, wanted: fail2ban_config.Configuration) -> str:
    """Return ON, OFF (our block has the jail, and the admin has switched it off) or MISSING (neither)."""
    if jail in wanted.jails:
        return ON
    path = Path(JAIL_LOCAL)
    block = BLOCK.search(path.read_bytes()) if path.exists() else None
    return OFF if block and f"[{jail}]".encode() in block[0] else MISSING


def ask(jail: str) -> RunningJail:
    """Ask the server about a jail; ClientError when it does not answer."""
    logs = [
        line.split("- ", 1)[1]
        for line in fail2ban_client.ask("get", jail, "logpath").splitlines()
        if "- " in line
    ]
    return RunningJail(fail2ban_client.actions(jail), logs, fail2ban_client.stats(jail, ACTION))


def judge(
    jail: str, seen: Optional[RunningJail], switch: str, log: str, skipped: Collection[str] = ()
) -> Verdict:
    """Return the verdict on a jail; `seen` is None when the jail does not run. Pure."""
    name = f"jail {jail}"
    if seen is None:
        return _absent(name, jail, switch, skipped)
    if ACTION not in seen.actions:
        return wrong(
            name,
            f"runs without its action {ACTION}: it bans nobody",
            f"fail2ban-client reload --restart {jail}",
        )
    if seen.stats is None or seen.stats.get("degraded"):
        # the check `files` comes first and says so when the package is not there
        return wrong(
            name, "its action cannot import the package ideolab_f2b: it bans nobody", restart("fail2ban")
        )
    if log not in seen.logs:
        return wrong(
            name, f"reads {', '.join(seen.logs) or 'nothing'} instead of {log}", "ideolab-f2b install"
        )
    error = seen.stats.get("last_error")
    return ok(name, f"runs with {ACTION}" + (f"; its last error was {error}" if error else ""))


def _absent(name: str, jail: str, switch: str, skipped: Collection[str]) -> Verdict:
    why = [text for text in skipped if f"'{jail}'" in text]
    if why:
        return wrong(name, why[0], f"correct {_CHANGE}, then fail2ban-client reload")
    if switch == ON:
        return wrong(name, "is enabled but does not run", "fail2ban-client reload")
    if switch == OFF:
        return ok(name, "is switched off in your configuration")
    return wrong(
        name, "is not enabled", f"ideolab-f2b install, or write enabled = true below [{jail}] in {_CHANGE}"
    )


def action(_settings: Settings, load: Callable[..., None] = fail2ban_action.load) -> Iterator[Verdict]:
    """Check that fail2ban's Python can load our actions at its next start."""
    for name in (ACTION, REPORT):
        yield _check_action(FAIL2BAN / "action.d" / f"{name}.py", load)


def _check_action(path: Path, load: Callable[..., None]) -> Verdict:
    if not path.exists():
        return wrong("action", f"{path} is missing", "ideolab-f2b install")
    try:
        load(path)
    except fail2ban_action.ActionError as error:
        return wrong("action", f"fail2ban's Python cannot load it: {error}", "ideolab-f2b install")
    return ok("action", f"{fail2ban_client.python()} loads {path.name}")
