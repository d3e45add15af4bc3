"""Asks a fail2ban-server by its socket or through fail2ban-client, and finds the Python that it runs in."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import pickle
import re
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

#: the socket that fail2ban's own configuration names; another one is left to fail2ban-client
SOCKET = "/var/run/fail2ban/fail2ban.sock"
#: seconds; a server that streams a large configuration answers late
ANSWER_TIMEOUT_S = 30
#: bytes; the bans of a jail are the longest answer, 50 bytes each
_ANSWER_BYTES = 1 << 26
_END = b"<F2B_END_COMMAND>"
_CLOSE = b"<F2B_CLOSE_COMMAND>"
#: what follows an error, or has nothing to do with it
_NOISE = re.compile(r"\bWARNING\b|NOK: |Init of command line failed|Async configuration of server failed")
#: the whole configuration stands between these words
_COMMAND = re.compile(r"^Command \[.*\] has failed\. Received ")
#: a program for `python`: it fails where fail2ban can read no entry of a journal
READ_JOURNAL = """
from systemd import journal
reader = journal.Reader()
reader.seek_tail()
raise SystemExit(0 if reader.get_previous() else 1)
"""


class ClientError(RuntimeError):
    """fail2ban-client failed; the text is what it printed."""


class ServerDownError(ClientError):
    """No fail2ban-server answers."""


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


class _NoSocketError(OSError):
    """Nobody answers on SOCKET: fail2ban-client knows another one, or says what is wrong."""


class _Foreign(tuple[object, ...]):
    """Stands for any class that an answer names: nothing of an answer is ever called."""

    def __new__(cls, *given: object) -> _Foreign:
        return super().__new__(cls, given)

    def __setstate__(self, state: object) -> None:
        pass


class _Answer(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return str, as which fail2ban sends an address, or _Foreign for any other class."""
        return str if (module, name) == ("builtins", "str") else _Foreign


def _ask_socket(words: tuple[str, ...]) -> Any:
    """Return the value that the server answers; it costs a hundredth of a start of fail2ban-client.

    _NoSocketError when nobody is there, ServerDownError when no answer comes, ClientError when it refuses.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_TIMEOUT_S)
        try:
            connection.connect(SOCKET)
        except OSError as error:
            raise _NoSocketError(str(error)) from error
        _expect_root(connection)
        try:
            connection.sendall(pickle.dumps(list(words), 2) + _END)
            answer = _receive(connection)
            with contextlib.suppress(OSError):
                connection.sendall(_CLOSE + _END)
        except OSError as error:
            raise ServerDownError(f"fail2ban does not answer on {SOCKET}: {error}") from error
    try:
        code, value = _Answer(io.BytesIO(answer)).load()
    except Exception as error:
        raise ClientError(f"fail2ban's answer cannot be read: {type(error).__name__}") from error
    if code:
        raise ClientError(" ".join(map(str, value)) if isinstance(value, tuple) else str(value))
    return value


def find_server() -> Optional[int]:
    """Return the process that answers on SOCKET; None where nobody does, or another user asks."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_TIMEOUT_S)
        try:
            connection.connect(SOCKET)
            return _peer(connection)[0] or None
        except OSError:
            return None


def _peer(connection: socket.socket) -> tuple[int, int]:
    pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    return pid, uid


def _expect_root(connection: socket.socket) -> None:
    _pid, uid = _peer(connection)
    if uid not in (0, os.geteuid()):
        raise ClientError(f"who answers on {SOCKET} is user {uid}, and not fail2ban")


def _receive(connection: socket.socket) -> bytes:
    answer = bytearray()
    while not answer.endswith(_END):
        part = connection.recv(1 << 16)
        if not part or len(answer) > _ANSWER_BYTES:
            raise OSError("its answer has no end")
        answer += part
    return bytes(answer[: -len(_END)])


def _query(
    words: tuple[str, ...],
    options: tuple[str, ...],
    read: Callable[[Any], Any],
    parse: Callable[[str], Any],
) -> Any:
    """Return what `read` makes of the answer on the socket, or `parse` of the text of fail2ban-client."""
    if not options:
        try:
            value = _ask_socket(words)
        except _NoSocketError:
            pass
        else:
            try:
                return read(value)
            except (TypeError, ValueError, KeyError, AttributeError) as error:
                raise ClientError(f"fail2ban answers {' '.join(words)} with {value!r:.100}") from error
    return parse(ask(*words, options=options))


def _strings(value: Any) -> list[str]:
    if not isinstance(value, (list, tuple, set)):
        raise TypeError
    return list(map(str, value))


def is_up(options: tuple[str, ...] = ()) -> bool:
    """Return whether a server answers."""
    try:
        _query(("ping",), options, str, str)
    except ClientError:
        return False
    return True


def jails(options: tuple[str, ...] = ()) -> set[str]:
    """Return the names of the running jails."""
    found: set[str] = _query(("status",), options, _read_jails, parse_jails)
    return found


def _read_jails(value: Any) -> set[str]:
    return {name.strip() for name in dict(value)["Jail list"].split(",") if name.strip()}


def parse_jails(text: str) -> set[str]:
    """Read the text of `fail2ban-client status`."""
    found = re.search(r"Jail list:\s*(.*)", text)
    # a name may have blanks in it
    return {name.strip() for name in found[1].split(",") if name.strip()} if found else set()


def actions(jail: str, options: tuple[str, ...] = ()) -> set[str]:
    """Return the names of a jail's actions."""
    return set(_query(("get", jail, "actions"), options, _strings, _parse_actions))


def _parse_actions(text: str) -> list[str]:
    return [name for line in text.splitlines()[1:] for name in line.replace(",", " ").split()]


def find_action(jail: str, name: str, options: tuple[str, ...] = ()) -> str:
    """Return what the jail calls an action: its name, or `NAME.py-tcp` as some jails of fail2ban; or ""."""
    found = sorted(actions(jail, options))
    return next((each for each in found if each == name or each.startswith((f"{name}-", f"{name}.py"))), "")


def bans(jail: str, options: tuple[str, ...] = ()) -> list[str]:
    """Return the bans of a jail: addresses and networks; a jail that is not ours may ban other words."""
    found: list[str] = _query(("get", jail, "banned"), options, _strings, parse_bans)
    return found


def parse_bans(text: str) -> list[str]:
    """Read the text of `get JAIL banned`: a list as Python prints it, or one ban a line; 0 or "" for none."""
    try:
        found = ast.literal_eval(text.strip() or "[]")
    except (ValueError, SyntaxError):
        return text.split()
    return [str(each) for each in found] if isinstance(found, (list, tuple)) else []


def ban_times(jail: str) -> str:
    """Return the lines of `get JAIL banip --with-time`."""
    found: str = _query(("get", jail, "banip", "--with-time"), (), lambda one: "\n".join(_strings(one)), str)
    return found


def logs(jail: str) -> list[str]:
    """Return the paths of the files that a jail reads; none where it reads the journal."""
    found: list[str] = _query(("get", jail, "logpath"), (), _strings, _parse_tree)
    return found


def filter_state(jail: str) -> dict[str, str]:
    """Return what `status JAIL` says of the filter: Total failed, and File list or Journal matches."""
    found: dict[str, str] = _query(("status", jail), (), _read_status, _parse_status)
    return found


def _read_status(value: Any) -> dict[str, str]:
    return {
        str(name): " ".join(_strings(one)) if isinstance(one, list) else str(one)
        for name, one in dict(value)["Filter"]
    }


def _parse_status(text: str) -> dict[str, str]:
    return dict(re.findall(r"- ([\w ]+):\t(.*)", text.partition("- Actions")[0]))


def ignoreip(jail: str) -> list[str]:
    """Return the words of a jail's ignoreip."""
    found: list[str] = _query(("get", jail, "ignoreip"), (), _strings, _parse_tree)
    return found


def _parse_tree(text: str) -> list[str]:
    r"""Read a list that is drawn with `|- ` and `\`- `."""
    return [line.split("- ", 1)[1].strip() for line in text.splitlines() if "- " in line]


def ask_action(jail: str, action: str, name: str) -> str:
    """Return the text that an action of a jail has under a name; ClientError when it has none."""
    found: str = _query(("get", jail, "action", action, name), (), str, str)
    return found


def stats(jail: str, action: str) -> Optional[dict[str, Any]]:
    """Return the counters and the state of our ban action; None when the jail has no such action."""
    return _read_object(jail, action, "stats")


def read_protection(jail: str, action: str) -> Optional[dict[str, Any]]:
    """Return whom our ban action spares and why; None when the jail has no such action, or an older one."""
    return _read_object(jail, action, "protected")


def _read_object(jail: str, action: str, name: str) -> Optional[dict[str, Any]]:
    try:
        answer = json.loads(ask_action(jail, action, name))
    except (ClientError, ValueError):
        return None
    return answer if isinstance(answer, dict) else None
