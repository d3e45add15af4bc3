"""Names the browser or the kind of program that a user agent says to be; anybody may say anything."""

from __future__ import annotations

import re

from django.utils.translation import gettext_lazy as _

#: characters of an agent that are looked at
_MAX = 512
#: programs that tell that they are none of a person
_ROBOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|monitor|uptime|facebookexternalhit", re.I)
#: the first that is found; most say to be the later ones too
_BROWSERS = (
    ("Edge", re.compile(r"\bEdg(?:e|A|iOS)?/")),
    ("Opera", re.compile(r"\bOPR/|\bOpera[ /]")),
    ("Samsung Internet", re.compile(r"\bSamsungBrowser/")),
    ("Firefox", re.compile(r"\b(?:Firefox|FxiOS)/")),
    ("Chrome", re.compile(r"\b(?:Chrome|CriOS|Chromium)/")),
    ("Safari", re.compile(r"\bSafari/|\bAppleWebKit/")),
    ("Internet Explorer", re.compile(r"\bMSIE |\bTrident/")),
)
#: the name of a program, without its version
_PROGRAM = re.compile(r"[A-Za-z][\w.+-]{0,30}")


def name_browser(agent: str) -> str:
    """Return `Firefox`, `robot`, or the name of a program such as `curl`."""
    agent = agent[:_MAX]
    if not agent:
        return str(_("no name"))
    if _ROBOT.search(agent):
        return str(_("robot"))
    if agent.startswith(("Mozilla/", "Opera/")):
        return next((name for name, found in _BROWSERS if found.search(agent)), str(_("another browser")))
    program = _PROGRAM.match(agent)
    return program[0] if program else str(_("another program"))
