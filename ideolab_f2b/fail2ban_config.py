"""The jails of a fail2ban configuration, as `fail2ban-client -d` prints it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ideolab_f2b import fail2ban_client
from ideolab_f2b.manifest import BLOCK
from ideolab_f2b.places import RENAMED


class ConfiguredJail(NamedTuple):
    """An enabled jail: its backend and the logs that were found for it."""

    backend: str
    logs: tuple[str, ...]


class OldName(NamedTuple):
    """A file of the administrator's in which a jail or filter of ours has the name of an earlier version."""

    path: Path
    old: str
    new: str
    #: the new name is in that file too, or may come into it: a section that is there twice stops fail2ban
    is_taken: bool = False

    def __str__(self) -> str:
        where = f"{self.path} names {self.old}, which is {self.new} now"
        return f"{where}: what it sets has no effect, and a jail that it enables is skipped"

    @property
    def mend(self) -> str:
        """Return what to type, or to do."""
        if self.is_taken:
            where = f"[{self.new}] in {self.path}"
            return f"move its settings to {where}, delete [{self.old}]; fail2ban-client reload"
        if self.path.stem == self.old:
            return f"mv {self.path} {self.path.with_name(self.new)}.local; fail2ban-client reload"
        return f"sed -i 's/{self.old}/{self.new}/' {self.path}; fail2ban-client reload"


class Configuration(NamedTuple):
    """The jails that would start, and why fail2ban would skip others."""

    jails: dict[str, ConfiguredJail]
    skipped: tuple[str, ...]


def read(config: Path) -> Configuration:
    """Let fail2ban read a configuration directory; ClientError with its own words when it cannot."""
    return parse(fail2ban_client.ask("-d", options=("-c", str(config))))


def find_old_names(config: Path, *, without_block: bool = False) -> Iterator[OldName]:
    """Find names of earlier versions in the administrator's files; `without_block`: ours will be new."""
    for old, new in RENAMED.items():
        for path in _find_jail_files(config):
            text = path.read_bytes()
            text = BLOCK.sub(b"", text) if without_block else text
            if re.search(rb"^[^#;\n]*" + re.escape(old.encode()) + rb"(?![\w-])", text, re.MULTILINE):
                yield OldName(path, old, new, path.name == "jail.local" or f"[{new}]".encode() in text)
        if (config / "filter.d" / f"{old}.local").is_file():
            yield OldName(config / "filter.d" / f"{old}.local", old, new)


def _find_jail_files(config: Path) -> list[Path]:
    names = ("jail.local", "jail.d/*.local", "jail.d/*.conf")
    paths = [path for name in names for path in sorted(config.glob(name))]
    return [path for path in paths if path.name != "ideolab.conf" and path.is_file()]


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
