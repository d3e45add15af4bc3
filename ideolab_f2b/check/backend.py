"""Checks which backend holds the bans, why it is that one, and that it can work on this host."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Optional

from ideolab_f2b import config, fail2ban_client
from ideolab_f2b.bans import used_backends
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.firewall.backend import AUTO, BACKENDS, choose
from ideolab_f2b.places import install_command, restart

_CHECK = "backend"
_RELOAD = "fail2ban-client reload"


def backend(settings: Settings) -> Iterator[Verdict]:
    """Check the backend of the settings against what the jails use and what works here."""
    wanted = settings.firewall.backend
    problems = {name: one.find_problem() for name, one in BACKENDS.items()}
    used: Optional[set[str]] = None
    trouble = ""
    try:
        used = {each.backend.name for each in used_backends.ask()}
    except fail2ban_client.ClientError as error:
        trouble = str(error)
    yield judge(wanted, choose(wanted).name, problems, used, trouble)


def judge(
    wanted: str, chosen: str, problems: Mapping[str, str], used: Optional[Collection[str]], trouble: str = ""
) -> Verdict:
    """Return the verdict; `problems` says of each backend why it cannot work, "" where it can. Pure."""
    if problems[chosen]:
        return _judge_problem(wanted, chosen, problems)
    why = _explain(wanted, chosen, problems)
    if used is None:
        text = f"{chosen} ({why}); whether the jails have it is not seen: {trouble}"
        return unknown(_CHECK, text, restart("fail2ban"))
    others = sorted({*used} - {chosen})
    if others:
        text = f"{' and '.join(others)} for some jails, where the settings give {chosen} ({why})"
        return unknown(_CHECK, f"{text}: by an option of theirs, or they have not seen it yet", _RELOAD)
    return ok(_CHECK, f"{chosen} holds the bans ({why})")


def _explain(wanted: str, chosen: str, problems: Mapping[str, str]) -> str:
    if wanted != AUTO:
        return f"backend = {wanted}"
    others = [f"{name} does not work here: {text}" for name, text in problems.items() if text]
    there = "iptables and ipset are installed" if chosen == "ipset" else "; ".join(others)
    return f"backend = {AUTO}: {there}"


def _judge_problem(wanted: str, chosen: str, problems: Mapping[str, str]) -> Verdict:
    problem = problems[chosen]
    if "ermission" in problem or "not permitted" in problem or "root" in problem:
        return unknown(_CHECK, f"{chosen}: {problem}")
    install = install_command("iptables", "ipset")
    working = [name for name, text in problems.items() if not text]
    if working:
        change = f"backend = {working[0]} below [firewall] in {config.DEFAULT_PATH}"
        return wrong(_CHECK, f"backend = {wanted}, and {chosen} cannot work: {problem}", change)
    said = "; ".join(f"{name}: {text}" for name, text in problems.items())
    return wrong(_CHECK, f"no backend can work, and nobody is banned: {said}", install)
