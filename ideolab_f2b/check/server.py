"""Checks that fail2ban runs, with our jails and with actions that work."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Callable, NamedTuple, Optional

from ideolab_f2b import __version__, fail2ban_action, fail2ban_client, fail2ban_config
from ideolab_f2b.check.verdict import WRONG, Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.manifest import BLOCK
from ideolab_f2b.places import (
    ACTION,
    ALL_JAILS,
    FAIL2BAN,
    JAIL_LOCAL,
    JAILS,
    JAILS_OF_ADMIN,
    NO_LOG,
    REPORT,
    SERVICE,
    find_compose,
    reinstall,
    restart,
    show_log,
)

#: what is in /etc/fail2ban/jail.d/ideolab.local decides
_CHANGE = JAILS_OF_ADMIN
_TRY_JOURNAL = "fail2ban-regex systemd-journal FILTER"


ON = "on"
OFF = "off"
MISSING = "missing"


class RunningJail(NamedTuple):
    """What the server says about a jail; `stats` is None when its action says nothing.

    `matches` is how many lines of the journal were failures, None where the jail reads files.
    """

    actions: Collection[str]
    logs: Collection[str]
    stats: Optional[Mapping[str, Any]]
    matches: Optional[int] = None


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
    """Check that each of our jails runs as it is configured; none is called as in an earlier version."""
    for old in fail2ban_config.find_old_names(FAIL2BAN):
        yield wrong("jails", str(old), old.mend)
    try:
        running = fail2ban_client.jails()
        wanted = fail2ban_config.read(FAIL2BAN)
    except fail2ban_client.ServerDownError:
        yield unknown("jails", "fail2ban is down", restart("fail2ban"))
        return
    except fail2ban_client.ClientError as error:
        yield unknown("jails", str(error))
        return
    for jail in sorted(with_our_action(running) - ALL_JAILS.keys()):
        yield judge_foreign(jail, fail2ban_client.stats(jail, action_of(jail)))
    for jail, log in ALL_JAILS.items():
        try:
            found, switch = ask(jail) if jail in running else None, _switch(jail, wanted)
        except (fail2ban_client.ClientError, KeyError, ValueError) as error:
            yield unknown(f"jail {jail}", f"fail2ban does not say what it does: {error}")
            continue
        if found is None and switch == MISSING and jail not in JAILS:
            # those of nginx are installed only where that was asked for
            continue
        path = str(settings.paths.log_dir / log) if log else NO_LOG
        yield judge(jail, found, switch, path, wanted.skipped)


def with_our_action(running: Collection[str]) -> set[str]:
    """Return the running jails that ban by our action: those of the pack, and those of the admin."""
    return {jail for jail in running if jail in ALL_JAILS or action_of(jail)}


def action_of(jail: str) -> str:
    """Return what a jail calls our ban action; "" where it has none."""
    if jail in ALL_JAILS:
        return ACTION
    try:
        return fail2ban_client.find_action(jail, ACTION)
    except fail2ban_client.ClientError:
        # it was stopped meanwhile
        return ""


def judge_foreign(jail: str, stats: Optional[Mapping[str, Any]]) -> Verdict:
    """Return the verdict on a jail of the admin's that bans by our action. Pure."""
    return _judge_action(f"jail {jail}", stats) or ok(f"jail {jail}", f"runs with {ACTION}")


def _switch(jail: str, wanted: fail2ban_config.Configuration) -> str:
    """Return ON, OFF (our block has the jail, and the admin has switched it off) or MISSING (neither)."""
    if jail in wanted.jails:
        return ON
    path = Path(JAIL_LOCAL)
    block = BLOCK.search(path.read_bytes()) if path.exists() else None
    return OFF if block and f"[{jail}]".encode() in block[0] else MISSING


def ask(jail: str) -> RunningJail:
    """Ask the server about a jail; ClientError when it does not answer."""
    state = fail2ban_client.filter_state(jail)
    reads_journal = "Journal matches" in state
    return RunningJail(
        fail2ban_client.actions(jail),
        [] if reads_journal else fail2ban_client.logs(jail),
        fail2ban_client.stats(jail, ACTION),
        int(state["Total failed"]) if reads_journal else None,
    )


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
    fault = _judge_action(name, seen.stats)
    if fault and fault.state == WRONG:
        return fault
    if seen.matches is not None:
        return _judge_journal(name, seen.matches, log)
    if log not in seen.logs and list(seen.logs) == [NO_LOG]:
        text = f"has no log: {log} was missing when fail2ban read its configuration"
        return wrong(name, text, f"{_bring_log_back()}fail2ban-client reload")
    if log not in seen.logs:
        return wrong(name, f"reads {', '.join(seen.logs) or 'nothing'} instead of {log}", reinstall())
    return fault or ok(name, f"runs with {ACTION}")


def _bring_log_back() -> str:
    return f"{restart(SERVICE)}; " if find_compose() else f"{reinstall()}; "


def _judge_action(name: str, stats: Optional[Mapping[str, Any]]) -> Optional[Verdict]:
    """Return what is wrong with our action in a jail; None: nothing."""
    if stats is None or stats.get("degraded"):
        # the check `files` comes first and says so when the package is not there
        return wrong(
            name, "its action cannot import the package ideolab_f2b: it bans nobody", restart("fail2ban")
        )
    loaded = stats.get("version", __version__)
    if loaded != __version__:
        what = f"fail2ban runs version {loaded} of the pack; {__version__} is installed"
        return wrong(name, what, restart("fail2ban"))
    trouble = (stats.get("lifted") or {}).get("trouble")
    if trouble:
        return wrong(name, trouble, reinstall())
    error = _last_error(stats)
    if error:
        text = f"runs with {ACTION}; its last error was {error}"
        return unknown(name, text, f"{show_log('fail2ban')}; {restart('fail2ban')} forgets it")
    return None


def _last_error(stats: Mapping[str, Any]) -> str:
    """Return the last error of the bans, of closing sockets, or of putting back what the kernel lost."""
    parts = (stats, stats.get("closer"), stats.get("keeper"))
    return next((str(one["last_error"]) for one in parts if one and one.get("last_error")), "")


def _judge_journal(name: str, matches: int, log: str) -> Verdict:
    if matches:
        return ok(name, f"runs with {ACTION}; {matches} lines of the journal were failures")
    what = f"reads the journal instead of {log}; whether its filter fits is not known"
    return unknown(name, what, f"{_TRY_JOURNAL}, or take its backend out of {_CHANGE}")


def _absent(name: str, jail: str, switch: str, skipped: Collection[str]) -> Verdict:
    why = [text for text in skipped if f"'{jail}'" in text]
    if why:
        return wrong(name, why[0], f"correct {_CHANGE}, then fail2ban-client reload")
    if switch == ON:
        return wrong(name, "is enabled but does not run", "fail2ban-client reload")
    if switch == OFF:
        return ok(name, "is switched off in your configuration")
    return wrong(
        name, "is not enabled", f"{reinstall()}, or write enabled = true below [{jail}] in {_CHANGE}"
    )


def action(_settings: Settings, load: Callable[..., None] = fail2ban_action.load) -> Iterator[Verdict]:
    """Check that fail2ban's Python can load our actions at its next start."""
    for name in (ACTION, REPORT):
        yield _check_action(FAIL2BAN / "action.d" / f"{name}.py", load)


def _check_action(path: Path, load: Callable[..., None]) -> Verdict:
    if not path.exists():
        return wrong("action", f"{path} is missing", reinstall())
    try:
        load(path)
    except fail2ban_action.ActionError as error:
        return wrong("action", f"fail2ban's Python cannot load it: {error}", reinstall())
    return ok("action", f"{fail2ban_client.python()} loads {path.name}")
