"""The root helper ideolab-fw-ip: all orders as lines on stdin, one JSON line back for each, a time limit."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Optional

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.firewall.transports.order import DONE, FAILED, FirewallAnswer, Order, RunReply

#: nothing of the web server's environment reaches a program that becomes root
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
#: what the helper may answer to an action, and whether the firewall then holds the address
_MEANINGS = {
    "ban": {"banned": True, "already": True},
    "unban": {"unbanned": False, "not-banned": False, "held": False},
    "check": {"banned": True, "already": True, "not-banned": False, "held": False},
}
#: how the reason begins when another jail holds the address
_HELD_BY = "banned by jail "
#: characters of each text of the helper that are kept
_TEXT_MAX = 2000
#: AS numbers and previews of one run, as the helper has it by sudo
AS_LINES = 20


class HelperRun(NamedTuple):
    """What one run said: its lines of JSON, its exit code, and its stderr or why there was none."""

    records: list[dict[str, Any]]
    code: Optional[int]
    error: str


def command_words() -> list[str]:
    """Return TRASHIP_FIREWALL_HELPER as the words of a command."""
    value = conf.TRASHIP_FIREWALL_HELPER
    return [value] if isinstance(value, str) else [str(word) for word in value]


def is_installed() -> bool:
    """Return whether every program that the command names by an absolute path is there."""
    paths = [word for word in command_words() if os.path.isabs(word)]
    return bool(paths) and all(map(os.path.exists, paths))


def format_line(order: Order) -> str:
    """Return one line of the helper's protocol, without the newline."""
    if order.action != "ban":
        return f"{order.action} {order.address}"
    return f"ban {order.address} {'permanent' if order.seconds is None else order.seconds}"


def describe(order: Order) -> str:
    """Return the command as a shell would run it for this address alone."""
    return f"{shlex.join(command_words())} <<< {shlex.quote(format_line(order))}"


def run(orders: Sequence[Order]) -> RunReply:
    """Start one process for all addresses and networks, and one for each twenty AS numbers.

    What it answers within the time limit counts, the rest has failed.
    """
    answers: dict[str, FirewallAnswer] = {}
    code: Optional[int] = None
    error = ""
    for part in _split(orders):
        done = exchange(list(map(format_line, part)), float(conf.TRASHIP_FIREWALL_TIMEOUT_S))
        answers.update(_read_answers(part, done.records))
        code = max(code or 0, done.code) if done.code is not None else code
        error = error or done.error
    return RunReply(answers, code, error)


def _split(orders: Sequence[Order]) -> Iterator[list[Order]]:
    """Yield the orders as the helper takes them in one run."""
    systems = [order for order in orders if order.address.startswith("AS")]
    others = [order for order in orders if not order.address.startswith("AS")]
    if others:
        yield others
    for start in range(0, len(systems), AS_LINES):
        yield systems[start : start + AS_LINES]


def exchange(lines: Iterable[str], limit_s: float) -> HelperRun:
    """Start one process, write the lines, and read what it answers within the limit."""
    try:
        process = subprocess.Popen(
            command_words(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return HelperRun([], None, texts.NO_HELPER % {"error": error})
    out, err = _communicate(process, "".join(f"{line}\n" for line in lines).encode("ascii"), limit_s)
    records = list(filter(None, map(_parse_record, out.splitlines())))
    return HelperRun(records, process.returncode, err.decode("utf-8", "replace")[:_TEXT_MAX])


def _communicate(process: subprocess.Popen[bytes], text: bytes, limit_s: float) -> tuple[bytes, bytes]:
    try:
        return process.communicate(text, limit_s)
    except subprocess.TimeoutExpired as late:
        _stop(process)
        why = texts.TOO_LATE % {"limit": f"{limit_s:g}"}
        return late.stdout or b"", f"{why}\n".encode() + (late.stderr or b"")


def _stop(process: subprocess.Popen[bytes]) -> None:
    # sudo is root's process, which we may not signal: its pipes are closed, and its helper has its own limit
    with suppress(PermissionError, ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.2)
    for pipe in filter(None, (process.stdin, process.stdout, process.stderr)):
        with suppress(OSError):
            pipe.close()


def _read_answers(orders: Sequence[Order], records: Iterable[dict[str, Any]]) -> dict[str, FirewallAnswer]:
    asked = {order.address: order.action for order in orders}
    found: dict[str, FirewallAnswer] = {}
    for record in records:
        address = str(record.get("address"))
        if asked.get(address) == record.get("action"):
            found[address] = _make_answer(record)
    return found


def _parse_record(text: bytes) -> Optional[dict[str, Any]]:
    try:
        record = json.loads(text)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _make_answer(record: dict[str, Any]) -> FirewallAnswer:
    result, detail = str(record.get("result"))[:32], str(record.get("detail") or "")[:_TEXT_MAX]
    if (record["action"], result) == ("unban", "refused") and detail.startswith(_HELD_BY):
        # a helper of an earlier release, until root installs the new one
        result = "held"
    # without the address, so that the rows of a call can be finished together
    shown = json.dumps({key: record.get(key) for key in ("result", "until", "detail")})[:_TEXT_MAX]
    applied = _MEANINGS[record["action"]].get(result)
    if applied is None:
        return FirewallAnswer(FAILED, stdout=shown, stderr=f"{result}: {detail}" if detail else result)
    held = detail or texts.ANOTHER_JAIL if result == "held" else ""
    return FirewallAnswer(DONE, applied, stdout=shown, held=held)
