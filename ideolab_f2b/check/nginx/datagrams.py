"""Checks what nginx sends to the intake, and how many datagrams the kernel holds while the intake is busy."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Optional

from ideolab_f2b.check.services import is_asked
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.files import read as read_file
from ideolab_f2b.intake.queue import Queue, read
from ideolab_f2b.places import INTAKE, JAIL_LOCAL, find_compose, show_log

_LINES = re.compile(r'^ideolab_f2b_intake_lines_total\{result="(\w+)"\} (\S+)$', re.M)
#: results of a line of a log, which is not an answered request
_OF_A_LOG = ("written", "collapsed", "spared", "unread", "over_budget", "lost")
_STALLED = "snippets/ideolab-stalled.conf"


def datagrams(settings: Settings) -> Iterator[Verdict]:
    """Check what came and what the kernel holds; only where `install --nginx` has asked for it."""
    if not is_asked(Path(JAIL_LOCAL)):
        return
    try:
        yield judge_answers(parse(read_file(settings.paths.intake_prom).decode("utf-8", "replace")))
    except OSError as error:
        yield unknown("served", str(error))
    yield judge_queue(read())


def parse(text: str) -> dict[str, float]:
    """Return the datagrams of the intake by result, from the text of its metrics. Pure."""
    return {result: float(number) for result, number in _LINES.findall(text)}


def judge_answers(counts: Mapping[str, float]) -> Verdict:
    """Return whether nginx says what it answers: without that, no shared address is spared. Pure."""
    lines = sum(counts.get(result, 0.0) for result in _OF_A_LOG)
    if counts.get("served", 0.0) and not lines:
        answered = f"nginx says what it answers ({counts['served']:.0f} requests)"
        what = f"{answered}, and no line of its other logs has come since the intake started"
        return unknown("served", what, "nginx -T | grep -B1 _log, and docs/intake.md")
    if counts.get("served", 0.0):
        spared, over = counts.get("spared", 0.0), counts.get("over_budget", 0.0)
        text = f"{counts['served']:.0f} answered requests, {lines:.0f} lines"
        # what nginx does not send is nowhere to be seen, so this stands here always
        unseen = "what a location with an access_log of its own (or off) answers is not among them"
        return ok("served", f"{text} ({spared:.0f} spared, {over:.0f} over budget); {unseen}")
    if not lines:
        thrown = counts.get("refused", 0.0) + counts.get("malformed", 0.0)
        more = f"; {thrown:.0f} datagrams were thrown away ({show_log(INTAKE)})" if thrown else ""
        what = f"nginx has sent nothing since the intake started{more}"
        return unknown("served", what, "ask the site for something, then ideolab-f2b check")
    return unknown(
        "served",
        "nginx does not say what it answers, so the address of a carrier is judged by its failures alone",
        _place_lines(),
    )


def _place_lines() -> str:
    lines = "the lines of deploy/nginx (docs/nginx.md), where nginx runs"
    return lines if find_compose() else f"scripts/install --nginx, and the lines that it names ({_STALLED})"


def judge_queue(found: Optional[Queue]) -> Verdict:
    """Return whether the kernel holds a burst of nginx's datagrams. Pure."""
    if found is None:
        return unknown("queue", "this kernel does not say how many datagrams it holds")
    if found.fault:
        return wrong("queue", found.text, found.mend)
    return ok("queue", found.text)
