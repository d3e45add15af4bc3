"""The verdict: am I under attack, by whom, is it being handled? Pure; what is not known is never calm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, Optional

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ideolab_accesslog.dashboard.numbers import show_number
from ideolab_accesslog.dashboard.sources.source import DashboardSource

#: seconds that count as now
RECENT_S = 600
#: seconds after which a suspect is banned and its ban imported
BANNED_AFTER_S = 120
#: bans of that time that may be an attack
FEW = 10
#: times the usual number that are one
UNUSUAL = 3
#: how full a set may be: a full one bans nobody any more
FULL = 0.95
BUSY = 1
EXHAUSTED = 2


class Leader(NamedTuple):
    """Who has most of the newest bans: an AS with its name, a network, or a country, and its part.

    `kind`: asn, network, country; suspect for a network that has most of the suspects.
    """

    kind: str
    name: str
    share: float


@dataclass(frozen=True)
class Situation:
    """What is known; None: nobody knows. `bans` and `observed` are counts of RECENT_S.

    `suspect_lines` are those for whose bans there was time (BANNED_AFTER_S); `has_unbanned`: most clients of
    them are in no ban, None: but maybe in an AS that is banned. Bans of other jails are no answer to them.
    `is_kernel_compared`: the kernel was compared with the bans lately, or there is nothing to compare.
    """

    events: DashboardSource
    connmon: DashboardSource
    fail2ban: DashboardSource
    bans: Optional[int] = None
    usual_bans: float = 0.0
    suspect_lines: Optional[int] = None
    observed: int = 0
    has_unbanned: Optional[bool] = False
    suspects: Optional[int] = None
    pressure: Optional[int] = None
    is_unexplained: bool = False
    is_kernel_compared: bool = True
    has_lasting_drift: bool = False
    ban_errors: int = 0
    set_fill: Optional[float] = None
    leaders: tuple[Leader, ...] = ()

    @property
    def is_attacked(self) -> bool:
        """Return whether there is an attack, as far as anything says so."""
        is_unusual = self.bans is not None and self.bans >= FEW and self.bans > UNUSUAL * self.usual_bans
        return bool(is_unusual or self.suspects or self.observed)

    @property
    def is_banning_known(self) -> bool:
        """Return whether the events say who is banned."""
        return self.events.is_ok and self.bans is not None

    @property
    def has_unseen_suspects(self) -> bool:
        """Return whether nobody can say that those whom connmon names are banned."""
        return self.has_unbanned is None and bool(self.suspects or self.observed)

    @property
    def has_unseen_kernel(self) -> bool:
        """Return whether nobody compares the kernel any more, on a host where it was."""
        return self.fail2ban.is_ok and not self.is_kernel_compared


@dataclass(frozen=True)
class AttackVerdict:
    """`level`: calm, attack (and handled), alarm (something is not handled), unknown; why, and what to do."""

    level: str
    text: str
    reasons: tuple[str, ...]


def judge(found: Situation) -> AttackVerdict:
    """Return the verdict; the reasons that call for action come first."""
    alarms, blind, seen = list(_find_alarms(found)), list(_find_blind(found)), list(_find_attack(found))
    if alarms:
        return AttackVerdict("alarm", _("Something is not handled."), (*alarms, *seen, *blind))
    is_unseen = found.has_unseen_kernel or found.has_unseen_suspects
    if found.is_attacked and found.is_banning_known and not is_unseen:
        return AttackVerdict(
            "attack", _("Under attack, and the attackers are being banned."), (*seen, *blind)
        )
    if found.is_attacked:
        text = _("Under attack. Whether the attackers are banned is unknown.")
        return AttackVerdict("unknown", text, (*seen, *blind))
    if blind:
        return AttackVerdict("unknown", _("Unknown: not everything can be seen."), (*blind,))
    return AttackVerdict("calm", _("Nothing unusual."), (_describe_calm(found),))


def _find_alarms(found: Situation) -> Iterator[str]:
    """Yield what is not handled."""
    if found.connmon.is_ok:
        yield from _find_exhaustion(found)
    if found.is_banning_known and found.suspect_lines and found.suspects:
        yield from _find_missing_bans(found)
    if found.observed and (found.has_unbanned or not found.bans):
        yield _(
            "connmon only observes: it names attackers, and they are not banned. "
            "Set observe = no in f2b.conf."
        )
    if found.is_attacked and found.fail2ban.state == "stale":
        yield _("fail2ban has stopped writing its metrics during the attack. See systemctl status fail2ban.")
    if found.fail2ban.is_ok:
        yield from _find_faults(found)


def _find_exhaustion(found: Situation) -> Iterator[str]:
    """Yield that the server is full, or that nobody explains it."""
    if found.pressure == EXHAUSTED:
        yield _(
            "The server is full: it accepts no further connections. See the suspects, or raise its limits."
        )
    if found.is_unexplained:
        yield _(
            "No address holds enough of the server to explain that it is full: a crowd of visitors, a slow "
            "application, or too few worker_connections."
        )


def _find_missing_bans(found: Situation) -> Iterator[str]:
    """Yield that the suspects are not banned."""
    if not found.bans:
        yield _(
            "There are suspects, and no jail has banned anybody for ten minutes. "
            "See fail2ban-client status ideolab-connmon."
        )
    elif found.has_unbanned:
        yield _(
            "There are suspects, and most of them are in no ban, whoever else is banned. "
            "See fail2ban-client status ideolab-connmon."
        )


def _find_faults(found: Situation) -> Iterator[str]:
    """Yield what is wrong with the bans that fail2ban holds."""
    if found.has_lasting_drift:
        yield _(
            "The kernel does not hold what fail2ban holds, for more than two minutes. "
            "Run ideolab-f2b check --repair as root."
        )
    if found.ban_errors:
        text = ngettext(
            "%(count)s ban failed in the last minutes. See fail2ban.log.",
            "%(count)s bans failed in the last minutes. See fail2ban.log.",
            found.ban_errors,
        )
        yield text % {"count": show_number(found.ban_errors)}
    if found.set_fill is not None and found.set_fill >= FULL:
        yield _("A set of the firewall is full: further addresses are not banned. Raise maxelem.")


def _find_blind(found: Situation) -> Iterator[str]:
    """Yield what cannot be seen, and the way out."""
    for source in (found.events, found.connmon, found.fail2ban):
        if not source.is_ok:
            yield source.text
    if found.has_unseen_suspects:
        yield _(
            "Most suspects are in no ban of their own. An AS was banned in the last hour, and nobody knows "
            "whether they are in it: look at them."
        )
    if found.has_unseen_kernel:
        yield _(
            "Whether the kernel holds the bans is unknown: fail2ban has not compared it for three minutes. "
            "Run ideolab-f2b check --repair as root."
        )
    if found.events.is_ok and found.bans is None:
        yield _("The import has not counted the minutes of the newest bans. Run import_connmon_events.")
    if found.connmon.is_ok and found.suspects is None:
        yield _("connmon's file has no number of suspects.")


def _find_attack(found: Situation) -> Iterator[str]:
    """Yield what the attack is, and by whom."""
    if found.suspects and found.connmon.is_ok:
        text = ngettext("%(count)s suspect now.", "%(count)s suspects now.", found.suspects)
        yield text % {"count": show_number(found.suspects)}
    if found.is_attacked and found.bans:
        text = ngettext(
            "%(count)s ban in ten minutes, where %(usual)s is usual.",
            "%(count)s bans in ten minutes, where %(usual)s is usual.",
            found.bans,
        )
        yield text % {"count": show_number(found.bans), "usual": show_number(found.usual_bans, 1)}
    if found.connmon.is_ok and found.pressure == BUSY:
        yield _("The server is busy: many of its connections are taken.")
    if found.is_attacked:
        yield from map(_describe_leader, found.leaders)


def _describe_leader(leader: Leader) -> str:
    """Return who it is, and what can be done."""
    texts = {
        "asn": _(
            "%(share)d %% of the newest bans are of %(name)s: see its row for its networks, and what to ban."
        ),
        "network": _("%(share)d %% of the newest bans are of %(name)s: ban the network from its row."),
        "country": _("%(share)d %% of the newest bans are of %(name)s."),
        "suspect": _("%(share)d %% of the newest suspects are of %(name)s: look at it, and ban it."),
    }
    text: str = texts[leader.kind]
    return text % {"share": round(leader.share * 100), "name": leader.name}


def _describe_calm(found: Situation) -> str:
    text = ngettext(
        "No suspects, and %(count)s ban in ten minutes.",
        "No suspects, and %(count)s bans in ten minutes.",
        found.bans or 0,
    )
    return str(text % {"count": show_number(found.bans or 0)})
