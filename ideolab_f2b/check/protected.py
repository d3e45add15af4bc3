"""Says who is never banned on this host and why, as the running server knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.check.server import action_of, with_our_action
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.places import NEVER_BAN, restart

CHECK = "protected"
#: addresses and networks that one line names
LIMIT = 20
_SSH = "logged in over SSH"
_CORRECT = "correct it there; the file counts within seconds, settings of a jail after fail2ban-client reload"
_BY_HAND = f"write addresses that must stay reachable into {NEVER_BAN}"


class Answer(NamedTuple):
    """What a jail spares: (address or network, why), how many more there are, what is not known of SSH.

    `troubles` are words of the lists that protect nobody, `unknown` what DNS has not answered.
    """

    listed: tuple[tuple[str, str], ...]
    left_out: int
    ssh_trouble: str
    troubles: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def protection(_settings: Settings) -> Iterator[Verdict]:
    """Ask the server's jails, and list who is protected."""
    try:
        running = sorted(with_our_action(fail2ban_client.jails()))
    except fail2ban_client.ServerDownError:
        yield unknown(CHECK, "this needs fail2ban, which is down", restart("fail2ban"))
        return
    except fail2ban_client.ClientError as error:
        yield unknown(CHECK, f"this needs fail2ban: {error}")
        return
    answers = {jail: read(fail2ban_client.read_protection(jail, action_of(jail))) for jail in running}
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
        left_out, ssh_trouble = int(answer["left_out"]), str(answer["ssh_trouble"])
        return Answer(listed, left_out, ssh_trouble, _texts(answer, "troubles"), _texts(answer, "unknown"))
    except (TypeError, KeyError, ValueError):
        return None


def _texts(answer: Any, key: str) -> tuple[str, ...]:
    # the action of an older version has no such key
    return tuple(map(str, answer.get(key, ())))


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
    yield from _judge_lists(answers)
    yield from _judge_ssh(answers, has_sessions=_SSH in reasons)


def _judge_lists(answers: Mapping[str, Answer]) -> Iterator[Verdict]:
    for text, where in _by_text({jail: answer.troubles for jail, answer in answers.items()}):
        yield wrong(CHECK, text + where, _CORRECT)
    for text, where in _by_text({jail: answer.unknown for jail, answer in answers.items()}):
        yield unknown(CHECK, text + where, "write its addresses beside the name, or mend DNS on this host")


def _by_text(texts: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Yield each text once, with the jails that say it where others do not."""
    for text in dict.fromkeys(text for each in texts.values() for text in each):
        yield text, _only([jail for jail, each in texts.items() if text in each], len(texts))


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
