"""Whether an address is banned, and who enforces it. Red: it failed, or could be confirmed and was not."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall import texts, transports
from ideolab_accesslog.firewall.transports import helper, log
from ideolab_accesslog.models import TrashIP

#: what firewall_error says of a ban that was noted only
ONLY_NOTED = f"{texts.NOT_RUN}{texts.NOT_EXECUTED}"
_HELD = Q(firewall_error__startswith=texts.HELD)
_FAILED = ~(Q(firewall_error="") | _HELD | Q(firewall_error__startswith=texts.NOT_RUN))


class Badge(NamedTuple):
    """A word of two or three, and its kind: ban, good, plain, warn or bad."""

    text: str
    kind: str


def describe(row: TrashIP) -> list[Badge]:
    """Return the badges of an address: the ban, then who enforces it."""
    if not row.is_banned:
        left = [Badge(_("still in the firewall"), "warn")] if row.iptables_applied else []
        return [*left, *([Badge(_("failed"), "bad")] if _has_failed(row) else [])]
    if row.ban_until is not None and row.ban_until <= timezone.now():
        over = [Badge(_("expired"), "plain")]
        return [*over, *([Badge(_("still in the firewall"), "warn")] if row.iptables_applied else [])]
    return [Badge(_("banned"), "ban"), _describe_enforcement(row)]


def _describe_enforcement(row: TrashIP) -> Badge:
    """Return who refuses a banned address."""
    if row.iptables_applied:
        return Badge(_("in the firewall"), "good")
    if row.firewall_error.startswith(texts.HELD):
        return Badge(_("held by another jail"), "warn")
    if _has_failed(row):
        return Badge(_("failed"), "bad")
    transport = _transport()
    if is_as(row.ip) and transport is not helper:
        # neither a line of manual.log nor the site itself knows its networks
        return Badge(_("noted only"), "warn")
    if row.applied_at is not None and transport in (helper, log):
        return Badge(_("not in the firewall"), "bad")
    if transport is helper:
        return Badge(_("not confirmed"), "bad")
    if transport is log and row.firewall_error != ONLY_NOTED:
        return Badge(_("told to fail2ban"), "plain")
    return Badge(_("refused by the site"), "plain") if site_refuses() else Badge(_("noted only"), "warn")


def is_as(text: str) -> bool:
    """Return whether a row is that of an AS."""
    return text.startswith("AS")


def missing() -> Q:
    """Return the condition of bans that failed, or that the firewall could have confirmed and did not."""
    transport = _transport()
    absent = Q(iptables_applied=False) & ~_HELD
    if transport is helper:
        return absent
    if transport is log:
        # a line has no answer: what counts is what a later CHECK found
        return absent & (_FAILED | Q(applied_at__isnull=False))
    return absent & _FAILED


def site_refuses() -> bool:
    """Return whether the site itself answers 403 to what is banned."""
    return bool(conf.TRASHIP_ENABLED and conf.TRASHIP_BLOCK_BANNED)


def _transport() -> object:
    return transports.choose("ban") if conf.TRASHIP_FIREWALL_EXECUTE else None


def _has_failed(row: TrashIP) -> bool:
    said = row.firewall_error
    return bool(said) and not said.startswith((texts.HELD, texts.NOT_RUN))
