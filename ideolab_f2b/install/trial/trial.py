"""Tries whether fail2ban starts with a configuration, on a throw-away server."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import fail2ban_action, fail2ban_client, fail2ban_config
from ideolab_f2b.files import replace
from ideolab_f2b.install.errors import TrialError
from ideolab_f2b.install.steps.block import strip
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.trial.server import TrialServer, find_obstacle
from ideolab_f2b.places import ACTION, ALL_JAILS, FAIL2BAN, JAIL_LOCAL, NO_LOG, REPORT

#: of files in the copy, which only root reads
_MODE = 0o600


class TrialResult(NamedTuple):
    """The jails that started; with an obstacle only the configuration was read and our action loaded."""

    jails: tuple[str, ...]
    obstacle: str = ""


def take_ours_out(config: Path) -> None:
    """Take our block out of a copied configuration, as if the pack were not installed."""
    path = config / Path(JAIL_LOCAL).name
    if path.exists():
        replace(path, strip(path.read_bytes()), _MODE)


def put_ours_in(config: Path, files: Iterable[File], block: bytes, logs: Path) -> None:
    """Put our files into a copied configuration; makes the logs that `block` names, in `logs`."""
    for file in files:
        if FAIL2BAN in Path(file.path).parents:
            path = config / Path(file.path).relative_to(FAIL2BAN)
            path.parent.mkdir(exist_ok=True)
            replace(path, _with_no_log(file.content, logs), _MODE)
    path = config / Path(JAIL_LOCAL).name
    theirs = path.read_bytes() + b"\n" if path.exists() else b""
    replace(path, theirs + _with_no_log(block, logs), _MODE)
    logs.mkdir()
    for name in {*ALL_JAILS.values(), Path(NO_LOG).name}:
        (logs / name).touch()


def _with_no_log(text: bytes, logs: Path) -> bytes:
    """Return the text with the file that stands in for a log here: before an install there is none."""
    return text.replace(NO_LOG.encode(), bytes(logs / Path(NO_LOG).name))


def try_out(directory: Path, library: Path, obstacle: Callable[[], str] = find_obstacle) -> TrialResult:
    """Start a server on directory/config; TrialError says why it does not run all its jails."""
    config = directory / "config"
    try:
        wanted = fail2ban_config.read(config)
    except fail2ban_client.ClientError as error:
        raise TrialError(str(error)) from error
    # jails that the admin has switched off are missing here too; `skipped` has those that fail2ban would skip
    skipped = [text for text in wanted.skipped if any(f"'{jail}'" in text for jail in ALL_JAILS)]
    if skipped:
        raise TrialError("; ".join(skipped))
    found = obstacle()
    if found:
        return TrialResult(_read_only(config, library, wanted.jails), found)
    return TrialResult(_start(directory, library, wanted.jails))


def _start(directory: Path, library: Path, wanted: Iterable[str]) -> tuple[str, ...]:
    with TrialServer(directory, library) as server:
        missing = set(wanted) - server.jails()
        if missing:
            raise TrialError(f"these jails do not start: {', '.join(sorted(missing))}")
        for jail in ALL_JAILS.keys() & set(wanted):
            if ACTION not in fail2ban_client.actions(jail, server.options):
                raise TrialError(f"jail {jail} runs without its action {ACTION}")
        errors = server.errors("ideolab")
        if errors:
            raise TrialError("; ".join(errors))
    return tuple(sorted(wanted))


def _read_only(config: Path, library: Path, wanted: Iterable[str]) -> tuple[str, ...]:
    try:
        fail2ban_client.ask("-t", options=("-c", str(config)))
        for name in (ACTION, REPORT):
            action = config / "action.d" / f"{name}.py"
            if action.exists():
                fail2ban_action.load(action, library)
    except (fail2ban_client.ClientError, fail2ban_action.ActionError) as error:
        raise TrialError(str(error)) from error
    return tuple(sorted(wanted))
