"""Which iptables a program finds in its PATH: the one on nf_tables, or the legacy one."""

from __future__ import annotations

from pathlib import Path

from demo.lab.child import environment

_COMMANDS = (
    "iptables",
    "iptables-save",
    "iptables-restore",
    "ip6tables",
    "ip6tables-save",
    "ip6tables-restore",
)


def write_programs(directory: Path, variant: str) -> dict[str, str]:
    """Make a directory of iptables commands of a variant; return the environment that prefers them."""
    directory.mkdir()
    for command in _COMMANDS:
        name, dash, rest = command.partition("-")
        script = directory / command
        script.write_text(f'#!/bin/sh\nexec /usr/sbin/{name}-{variant}{dash}{rest} "$@"\n')
        script.chmod(0o755)
    return {"PATH": f"{directory}:{environment()['PATH']}"}
