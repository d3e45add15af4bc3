"""Asks a fail2ban-server through fail2ban-client, and finds the Python that it runs in."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Optional

#: seconds; a server that streams a large configuration answers late
ANSWER_TIMEOUT_S = 30
#: what follows an error, or has nothing to do with it
_NOISE = re.compile(r"\bWARNING\b|NOK: |Init of command line failed|Async configuration of server failed")
#: the whole configuration stands between these words
_COMMAND = re.compile(r"^Command \[.*\] has failed\. Received ")


class ClientError(RuntimeError):
    """fail2ban-client failed; the text is what it printed."""


class ServerDownError(ClientError):
    """No fail2ban-server answers."""


def is_installed() -> bool:
    """Return whether there is a fail2ban-client."""
    return shutil.which("fail2ban-client") is not None


def python() -> str:
    """Return the interpreter of fail2ban-server: Debian's link to it, else the first line of the program."""
    linked = shutil.which("fail2ban-python")
    if linked:
        return linked
    program = shutil.which("fail2ban-server")
    if program:
        with open(program, "rb") as file:
            words = file.readline().decode("utf-8", "replace").removeprefix("#!").split()
        if words and Path(words[0]).name.startswith("python"):
            return words[0]
    return "/usr/bin/python3"


def ask(*words: str, options: tuple[str, ...] = ()) -> str:
    """Return what `fail2ban-client WORDS` prints; `options` choose a server (`-s SOCKET`) or configuration.

    ServerDownError when there is no answer, ClientError with the printed text when it failed.
    """
    try:
        done = subprocess.run(
            ["fail2ban-client", *options, *words], capture_output=True, text=True, timeout=ANSWER_TIMEOUT_S
        )
    except FileNotFoundError as error:
        raise ServerDownError("fail2ban is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise ServerDownError(f"fail2ban did not answer in {ANSWER_TIMEOUT_S} s") from error
    if done.returncode:
        text = reason(done.stdout + done.stderr)
        is_down = "running?" in text or "Unable to contact" in text or words == ("ping",)
        raise (ServerDownError if is_down else ClientError)(text)
    return done.stdout


def reason(text: str) -> str:
    """Return the errors among the lines that a fail2ban program printed, else the last line."""
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _NOISE.search(line)]
    errors = [_COMMAND.sub("", line.split("ERROR", 1)[1].strip(" :")) for line in lines if "ERROR" in line]
    messages = list(dict.fromkeys(errors)) or lines[-1:]
    return "; ".join(messages) or "it gave no reason"


def is_up(options: tuple[str, ...] = ()) -> bool:
    """Return whether a server answers."""
    try:
        ask("ping", options=options)
    except ClientError:
        return False
    return True


def jails(options: tuple[str, ...] = ()) -> set[str]:
    """Return the names of the running jails."""
    return parse_jails(ask("status", options=options))


def parse_jails(text: str) -> set[str]:
    """Read the text of `fail2ban-client status`."""
    found = re.search(r"Jail list:\s*(.*)", text)
    return set(found[1].replace(",", " ").split()) if found else set()


def actions(jail: str, options: tuple[str, ...] = ()) -> set[str]:
    """Return the names of a jail's actions."""
    lines = ask("get", jail, "actions", options=options).splitlines()
    return {name for line in lines[1:] for name in line.replace(",", " ").split()}


def bans(jail: str, options: tuple[str, ...] = ()) -> list[str]:
    """Return the bans of a jail: addresses and networks; a jail that is not ours may ban other words."""
    return parse_bans(ask("get", jail, "banned", options=options))


def parse_bans(text: str) -> list[str]:
    """Read the text of `get JAIL banned`: a list as Python prints it, or one ban a line; 0 or "" for none."""
    try:
        found = ast.literal_eval(text.strip() or "[]")
    except (ValueError, SyntaxError):
        return text.split()
    return [str(each) for each in found] if isinstance(found, (list, tuple)) else []


def stats(jail: str, action: str) -> Optional[dict[str, Any]]:
    """Return the counters and the state of our ban action; None when the jail has no such action."""
    return _read_object(jail, action, "stats")


def read_protection(jail: str, action: str) -> Optional[dict[str, Any]]:
    """Return whom our ban action spares and why; None when the jail has no such action, or an older one."""
    return _read_object(jail, action, "protected")


def _read_object(jail: str, action: str, name: str) -> Optional[dict[str, Any]]:
    try:
        answer = json.loads(ask("get", jail, "action", action, name))
    except (ClientError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
