"""The jails of a fail2ban configuration, as `fail2ban-client -d` prints it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import fail2ban_client


class ConfiguredJail(NamedTuple):
    """An enabled jail: its backend and the logs that were found for it."""

    backend: str
    logs: tuple[str, ...]


class Configuration(NamedTuple):
    """The jails that would start, and why fail2ban would skip others."""

    jails: dict[str, ConfiguredJail]
    skipped: tuple[str, ...]


def read(config: Path) -> Configuration:
    """Let fail2ban read a configuration directory; ClientError with its own words when it cannot."""
    return parse(fail2ban_client.ask("-d", options=("-c", str(config))))


def parse(text: str) -> Configuration:
    """Read the text of `fail2ban-client -d`."""
    jails: dict[str, ConfiguredJail] = {}
    skipped = []
    for command in _commands(text):
        if command[0] == "add":
            jails[command[1]] = ConfiguredJail(command[2], ())
        elif command[0] == "config-error":
            skipped.append(command[1])
        elif command[0] == "set" and command[2:3] == ["addlogpath"]:
            jail = jails[command[1]]
            jails[command[1]] = jail._replace(logs=(*jail.logs, command[3]))
    return Configuration(jails, tuple(skipped))


def _commands(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("["):
            yield ast.literal_eval(line)
