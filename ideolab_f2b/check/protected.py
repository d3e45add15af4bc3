"""Says who is never banned on this host and why, as the running server knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.verdict import Verdict, ok, unknown
from ideolab_f2b.config import Settings
from ideolab_f2b.places import ACTION, ALL_JAILS, NEVER_BAN, restart

CHECK = "protected"
#: addresses and networks that one line names
LIMIT = 20
_SSH = "logged in over SSH"
_BY_HAND = f"write addresses that must stay reachable into {NEVER_BAN}"


class Answer(NamedTuple):
    """What a jail spares: (address or network, why), how many more there are, what is not known of SSH."""

    listed: tuple[tuple[str, str], ...]
    left_out: int
    ssh_trouble: str


def protection(_settings: Settings) -> Iterator[Verdict]:
    """Ask the server's jails, and list who is protected."""
    try:
        running = sorted(ALL_JAILS.keys() & fail2ban_client.jails())
    except fail2ban_client.ServerDownError:
        yield unknown(CHECK, "this needs fail2ban, which is down", restart("fail2ban"))
        return
    except fail2ban_client.ClientError as error:
        yield unknown(CHECK, f"this needs fail2ban: {error}")
        return
    answers = {jail: read(fail2ban_client.read_protection(jail, ACTION)) for jail in running}
    known = {jail: answer for jail, answer in answers.items() if answer is not None}
    silent = sorted(answers.keys() - known.keys())
    if silent:
        yield unknown(CHECK, f"{', '.join(silent)} does not say whom it spares", restart("fail2ban"))
    if known:
        yield from judge(known)


def read(answer: Any) -> Optional[Answer]:
    """Return the answer of the ban action; None when it is none, as that of an older version. Pure."""
    try:
        listed = tuple((str(text), str(what)) for text, what in answer["listed"])
        return Answer(listed, int(answer["left_out"]), str(answer["ssh_trouble"]))
    except (TypeError, KeyError, ValueError):
        return None


def judge(answers: Mapping[str, Answer]) -> Iterator[Verdict]:
    """Yield a verdict for each reason, with whom it protects; then what is not known. Pure."""
    reasons: dict[str, dict[str, list[str]]] = {}
    for jail, answer in answers.items():
        for text, what in answer.listed:
            jails = reasons.setdefault(what, {}).setdefault(text, [])
            if jail not in jails:
                jails.append(jail)
    for what, found in reasons.items():
        words = [text + _only(jails, len(answers)) for text, jails in found.items()]
        yield ok(CHECK, f"{what}: {_enumerate(words)}")
    left_out = max(answer.left_out for answer in answers.values())
    if left_out:
        yield ok(CHECK, f"{left_out} more are not listed here; none of them is banned either")
    yield from _judge_ssh(answers, has_sessions=_SSH in reasons)


def _judge_ssh(answers: Mapping[str, Answer], *, has_sessions: bool) -> Iterator[Verdict]:
    troubles = {answer.ssh_trouble for answer in answers.values()} - {""}
    for trouble in sorted(troubles):
        jails = [jail for jail, answer in answers.items() if answer.ssh_trouble == trouble]
        where = _only(jails, len(answers))
        yield unknown(CHECK, f"who is logged in over SSH is not known{where}: {trouble}", _BY_HAND)
    if not troubles and not has_sessions:
        yield ok(CHECK, f"nobody is {_SSH} at this moment")


def _only(jails: list[str], count: int) -> str:
    return "" if len(jails) == count else f" (only {', '.join(jails)})"


def _enumerate(words: list[str]) -> str:
    rest = len(words) - LIMIT
    return ", ".join(words[:LIMIT]) + (f" and {rest} more" if rest > 0 else "")
