"""What is said about a call. The rows keep the English; `translate` gives the reader's language."""

from __future__ import annotations

import re
from functools import cache

from django.utils.translation import gettext, gettext_noop

NOT_EXECUTED: str = gettext_noop("TRASHIP_FIREWALL_EXECUTE is False: no firewall was told")
RUNS_TESTS: str = gettext_noop("this process runs tests (ACCESSLOG_TESTING): noted, and nothing was run")
NOT_COMMITTED = gettext_noop("the transaction is not committed yet")
REPEATED = gettext_noop("asked for a moment ago")
CHANGED = gettext_noop("somebody else was faster")
OWN_ADDRESS: str = gettext_noop("your own address")
OWN_ADDRESS_INSIDE: str = gettext_noop("your own address is in it")
OWN_UNKNOWN: str = gettext_noop(
    "your own address: this site does not know where you come from, and would let you ban yourself; see "
    "ACCESSLOG_TRUSTED_PROXIES and ACCESSLOG_TRUST_UNIX_SOCKET"
)
AS_NEEDS_HELPER: str = gettext_noop("an AS is banned by ideolab-fw-ip alone: TRASHIP_FIREWALL_TRANSPORT")
AS_UNKNOWN: str = gettext_noop("its networks are not known, and so not whom it would hit")
TOO_NARROW: str = gettext_noop("an IPv6 network narrower than /64 is banned as the /64, or by its addresses")
TOO_WIDE_FOR_LOG: str = gettext_noop("wider than /%(widest)s, the most by a line of manual.log")
NOT_ASKED: str = gettext_noop("TRASHIP_FIREWALL_EXECUTE is False: the firewall is not asked")
NOT_INSTALLED: str = gettext_noop("ideolab-fw-ip is not there; see TRASHIP_FIREWALL_HELPER")
#: what an address is, by the property of ipaddress that says so
NEVER_A_CLIENT: dict[str, str] = {
    "is_loopback": gettext_noop("loopback"),
    "is_link_local": gettext_noop("link-local"),
    "is_unspecified": gettext_noop("unspecified"),
    "is_multicast": gettext_noop("multicast"),
    "is_reserved": gettext_noop("broadcast or reserved"),
}
IN_SETTING: str = gettext_noop("%(network)s of %(setting)s")
NO_ANSWER: str = gettext_noop("no answer")
PROCESS_ENDED = gettext_noop("the process ended before the answer came")
WRITTEN = gettext_noop("written for fail2ban's jail ideolab-manual")
NO_MANUAL_LOG = gettext_noop("TRASHIP_MANUAL_LOG is empty; it names the log for fail2ban")
CANNOT_APPEND = gettext_noop("%(error)s; the web server's user must be able to append to this file")
NO_HELPER = gettext_noop("%(error)s; see TRASHIP_FIREWALL_HELPER")
TOO_LATE = gettext_noop("not finished after %(limit)s s (TRASHIP_FIREWALL_TIMEOUT_S)")
ANOTHER_JAIL = gettext_noop("by another jail")
WINDOWS = gettext_noop(
    "there is no firewall of ideolab-f2b on Windows; the site itself answers 403 to banned addresses"
)
LOG_CANNOT_UNBAN: str = gettext_noop(
    "manual.log can only ban, and ideolab-fw-ip is not there: run `ideolab-f2b unban %(address)s` as root"
)
LOG_CANNOT_CHECK: str = gettext_noop(
    "manual.log cannot be asked, and ideolab-fw-ip is not there: run `ideolab-f2b bans` as root"
)
#: reasons that programs give
TIME_IS_OVER = gettext_noop("the ban's time is over")
NOT_IN_KERNEL = gettext_noop("not in the kernel")
NOT_WANTED = gettext_noop("not wanted")
#: how TrashIP.firewall_error begins when another jail's ban drops the address: nothing is left to do
HELD = "held: "
#: and when nothing was run: that is no failure
NOT_RUN = "not run: "

_FIXED = (
    *(
        RUNS_TESTS,
        NOT_EXECUTED,
        NOT_COMMITTED,
        REPEATED,
        CHANGED,
        OWN_ADDRESS,
        *NEVER_A_CLIENT.values(),
        NO_ANSWER,
    ),
    *(PROCESS_ENDED, WRITTEN, NO_MANUAL_LOG, ANOTHER_JAIL, WINDOWS, LOG_CANNOT_CHECK),
    *(TIME_IS_OVER, NOT_IN_KERNEL, NOT_WANTED, RUNS_TESTS),
    *(OWN_ADDRESS_INSIDE, OWN_UNKNOWN, AS_NEEDS_HELPER, AS_UNKNOWN, TOO_NARROW, NOT_ASKED, NOT_INSTALLED),
    # in rows of an earlier version
    gettext_noop("TRASHIP_FIREWALL_EXECUTE is False: noted, and nothing was run"),
)
#: the longest first part first: each is tried until one fits
_WITH_PARTS = (
    *(LOG_CANNOT_UNBAN, CANNOT_APPEND, NO_HELPER, TOO_LATE),
    # what ideolab-fw-ip says most
    gettext_noop("banned by jail %(jail)s: only root lifts that: %(command)s"),
    gettext_noop("banned by jail %(jail)s"),
    gettext_noop("listed in %(file)s"),
    gettext_noop("fail2ban does not answer on %(path)s: %(error)s"),
    gettext_noop("held: %(why)s"),
    gettext_noop("refused: %(why)s"),
    gettext_noop("error: %(why)s"),
    gettext_noop("not run: %(why)s"),
    IN_SETTING,
    TOO_WIDE_FOR_LOG,
)
_PART = re.compile(r"%\((\w+)\)s")
#: parts that are not any text: else a reason that a person wrote, `a lot of scans`, would be one of ours
_SHAPES = {"network": r"[0-9a-fA-F:.]+/\d+", "setting": "[A-Z_]+", "widest": r"\d+"}
#: characters that are looked at; the rest of a longer text stays as it is
_LONGEST = 1000


def translate(text: str) -> str:
    """Return a text of the rows in the reader's language; what is not ours, as it is."""
    shown = text.strip()
    if shown in _FIXED:
        return str(gettext(shown))
    if len(shown) > _LONGEST:
        return text
    for message in _WITH_PARTS:
        found = _compile(message).fullmatch(shown)
        if found:
            parts = {name: translate(part) for name, part in found.groupdict().items()}
            return str(gettext(message) % parts)
    return text


@cache
def _compile(message: str) -> re.Pattern[str]:
    """Return the pattern of a text with parts; a part that is not the last one ends as soon as it can."""
    pieces = _PART.split(message)
    last = len(pieces) - 2
    texts = (
        f"(?P<{piece}>{_SHAPES.get(piece, '.+' if number == last else '.+?')})"
        if number % 2
        else re.escape(piece)
        for number, piece in enumerate(pieces)
    )
    return re.compile("".join(texts), re.DOTALL)
