"""The verb `check`: a line for each thing that has to work; ok, or what is wrong and what mends it."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

from ideolab_f2b import config
from ideolab_f2b.check import drift, files, kernel, proxy, root_helper, server, services
from ideolab_f2b.check.verdict import Verdict, exit_code, wrong
from ideolab_f2b.config import Settings

#: in the order in which things are mended: no jail starts without the files, no rule comes without a jail
CHECKS: dict[str, Callable[[Settings], Iterator[Verdict]]] = {
    "files": lambda _settings: files.ours(),
    "logs": files.logs,
    "clock": files.clock,
    "helper": root_helper.helper,
    "action": server.action,
    "fail2ban": server.fail2ban,
    "jails": server.jails,
    "sets": kernel.sets,
    "rules": kernel.rules,
    "drift": drift.drift,
    "sockets": kernel.destroy,
    "connmon": services.connmon,
    "intake": services.intake,
    "report": services.report,
    "textfile": services.textfile,
    "front": proxy.front,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Say for each part whether it works, and how to mend it; exit 1 when something is wrong."
    )
    parser.add_argument("--json", action="store_true", help="one JSON object for each line")
    parser.add_argument(
        "--repair", action="store_true", help="first put back what the kernel lacks of fail2ban's bans"
    )
    parser.add_argument("--config", type=Path, default=config.DEFAULT_PATH, metavar="FILE")


def run(arguments: argparse.Namespace) -> int:
    """0 all is well (or could not be seen), 1 something is wrong."""
    verdicts = []
    for verdict in _all(arguments):
        verdicts.append(verdict)
        print(verdict.to_json() if arguments.json else verdict, flush=True)
    return exit_code(verdicts)


def _all(arguments: argparse.Namespace) -> Iterator[Verdict]:
    if arguments.repair:
        yield drift.repair()
    yield from every(arguments.config)


def every(path: Path) -> Iterator[Verdict]:
    """All checks; one that fails itself does not keep the others from being made."""
    yield from files.settings_file(path)
    try:
        settings = config.load(path)
    except config.ConfigError:
        settings = Settings()
    for name, check in CHECKS.items():
        try:
            yield from check(settings)
        except Exception as error:
            yield wrong(name, f"the check itself failed: {error!r}", "please report this")
