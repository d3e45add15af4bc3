"""Would this fail2ban start with these files? Tried on a throw-away server before anything is placed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import fail2ban_action, fail2ban_client, fail2ban_config
from ideolab_f2b.install.steps.block import strip
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.trial.server import Server, TrialError, can_be_private
from ideolab_f2b.places import ACTION, ALL_JAILS, FAIL2BAN, JAIL_LOCAL, REPORT


class Tried(NamedTuple):
    """The jails that started; without namespaces only the configuration was read and our action loaded."""

    jails: tuple[str, ...]
    is_started: bool


def without_ours(config: Path) -> None:
    """Take our block out of a copy, so that an installed pack looks like none."""
    path = config / Path(JAIL_LOCAL).name
    if path.exists():
        path.write_bytes(strip(path.read_bytes()))


def with_ours(config: Path, files: Iterable[File], block: bytes, logs: Path) -> None:
    """Put our files into a copy; `block` names the logs in `logs`, which are made."""
    for file in files:
        if FAIL2BAN in Path(file.path).parents:
            path = config / Path(file.path).relative_to(FAIL2BAN)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(file.content)
    path = config / Path(JAIL_LOCAL).name
    path.write_bytes((path.read_bytes() + b"\n" if path.exists() else b"") + block)
    logs.mkdir()
    for name in set(ALL_JAILS.values()):
        (logs / name).touch()


def attempt(directory: Path, library: Path, is_private: Callable[[], bool] = can_be_private) -> Tried:
    """Start a server on directory/config; TrialError tells why it does not serve all its jails."""
    config = directory / "config"
    try:
        wanted = fail2ban_config.read(config)
    except fail2ban_client.ClientError as error:
        raise TrialError(str(error)) from error
    # a jail that the admin has switched off is not there either; one that fail2ban would skip is told
    skipped = [text for text in wanted.skipped if any(f"'{jail}'" in text for jail in ALL_JAILS)]
    if skipped:
        raise TrialError("; ".join(skipped))
    if is_private():
        return Tried(_started(directory, library, wanted.jails), True)
    return Tried(_parsed(config, library, wanted.jails), False)


def _started(directory: Path, library: Path, wanted: Iterable[str]) -> tuple[str, ...]:
    with Server(directory, library) as server:
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


def _parsed(config: Path, library: Path, wanted: Iterable[str]) -> tuple[str, ...]:
    try:
        fail2ban_client.ask("-t", options=("-c", str(config)))
        for name in (ACTION, REPORT):
            action = config / "action.d" / f"{name}.py"
            if action.exists():
                fail2ban_action.load(action, library)
    except (fail2ban_client.ClientError, fail2ban_action.ShimError) as error:
        raise TrialError(str(error)) from error
    return tuple(sorted(wanted))
