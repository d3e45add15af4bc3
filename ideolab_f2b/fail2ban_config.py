"""What a configuration of fail2ban means: the commands that its client would send (`fail2ban-client -d`)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import fail2ban_client


class Jail(NamedTuple):
    """An enabled jail: its backend and the logs that were found for it."""

    backend: str
    logs: tuple[str, ...]


class Stream(NamedTuple):
    """The jails that would start, and why fail2ban would skip others."""

    jails: dict[str, Jail]
    skipped: tuple[str, ...]


def read(config: Path) -> Stream:
    """Of a configuration directory; client.ClientError with fail2ban's own words if it cannot be read."""
    return parse(fail2ban_client.ask("-d", options=("-c", str(config))))


def parse(text: str) -> Stream:
    jails: dict[str, Jail] = {}
    skipped = []
    for command in _commands(text):
        if command[0] == "add":
            jails[command[1]] = Jail(command[2], ())
        elif command[0] == "config-error":
            skipped.append(command[1])
        elif command[0] == "set" and command[2:3] == ["addlogpath"]:
            jail = jails[command[1]]
            jails[command[1]] = jail._replace(logs=(*jail.logs, command[3]))
    return Stream(jails, tuple(skipped))


def _commands(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("["):
            yield ast.literal_eval(line)
