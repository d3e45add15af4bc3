"""The badges of an address: red is what failed, or what could be confirmed and was not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Optional

import pytest
from django.utils import timezone

from ideolab_accesslog.admin import ban_state
from ideolab_accesslog.firewall import calls, texts
from ideolab_accesslog.models import TrashIP
from tests.accesslog.conftest import FakeKernel

VICTIM = "198.51.100.7"
HELD = f"{texts.HELD}banned by jail sshd"
NO_CHECK = f"{texts.NOT_RUN}{texts.LOG_CANNOT_CHECK}"


def words(row: TrashIP) -> list[str]:
    return [f"{badge.text} {badge.kind}" for badge in ban_state.describe(row)]


@pytest.mark.parametrize(
    ("mode", "applied", "confirmed", "said", "expected"),
    [
        ("off", False, False, "", "refused by the site plain"),
        ("off", False, True, "", "refused by the site plain"),
        ("log", False, False, "", "told to fail2ban plain"),
        ("log", False, False, NO_CHECK, "told to fail2ban plain"),
        ("log", False, False, ban_state.ONLY_NOTED, "refused by the site plain"),
        ("log", False, True, "", "not in the firewall bad"),
        ("log", False, False, "[Errno 13] Permission denied", "failed bad"),
        ("helper", False, False, "", "not confirmed bad"),
        ("helper", False, True, "", "not in the firewall bad"),
        ("helper", False, True, HELD, "held by another jail warn"),
        ("helper", True, True, "", "in the firewall good"),
        ("off", True, True, "", "in the firewall good"),
    ],
)
@pytest.mark.django_db
def test_who_enforces_a_ban(
    settings: Any, mode: str, applied: bool, confirmed: bool, said: str, expected: str
) -> None:
    """The number of what is missing counts the red ones, and no other."""
    settings.TRASHIP_FIREWALL_EXECUTE = mode != "off"
    settings.TRASHIP_FIREWALL_TRANSPORT = "log" if mode == "off" else mode
    row = TrashIP.objects.create(
        ip=VICTIM,
        is_banned=True,
        iptables_applied=applied,
        applied_at=timezone.now() if confirmed else None,
        firewall_error=said,
    )

    assert words(row) == ["banned ban", expected]
    assert TrashIP.objects.filter(ban_state.missing()).exists() == expected.endswith("bad")


@pytest.mark.parametrize(
    ("is_banned", "hours", "applied", "said", "expected"),
    [
        (False, None, False, "", []),
        (False, None, True, "", ["still in the firewall warn"]),
        (False, None, False, "no answer", ["failed bad"]),
        (False, None, False, ban_state.ONLY_NOTED, []),
        (True, -1, False, "", ["expired plain"]),
        (True, -1, True, "", ["expired plain", "still in the firewall warn"]),
        (True, 1, False, "", ["banned ban", "refused by the site plain"]),
    ],
)
def test_what_is_not_banned_any_more(
    is_banned: bool, hours: Optional[int], applied: bool, said: str, expected: list[str]
) -> None:
    """An end that has come, and an element that is still there."""
    until = None if hours is None else timezone.now() + timedelta(hours=hours)
    row = TrashIP(
        ip=VICTIM, is_banned=is_banned, ban_until=until, iptables_applied=applied, firewall_error=said
    )

    assert words(row) == expected


def test_a_site_that_refuses_nobody_has_only_noted_it(settings: Any) -> None:
    """Neither the firewall nor the site keeps the address out: that is no quiet grey."""
    settings.TRASHIP_BLOCK_BANNED = False

    assert words(TrashIP(ip=VICTIM, is_banned=True)) == ["banned ban", "noted only warn"]


@pytest.mark.django_db(transaction=True)
def test_what_was_confirmed_of_the_last_ban_says_nothing_of_this_one(
    kernel: FakeKernel, settings: Any, tmp_path: Any
) -> None:
    """A line for fail2ban after an UNBAN that the kernel confirmed: it is not known to be missing."""
    settings.TRASHIP_FIREWALL_TRANSPORT = "log"
    settings.TRASHIP_MANUAL_LOG = str(tmp_path / "manual.log")
    calls.ban([VICTIM], actor="alice")
    calls.unban([VICTIM], actor="alice")
    calls.ban([VICTIM], actor="bob")

    assert words(TrashIP.objects.get()) == ["banned ban", "told to fail2ban plain"]
    # until somebody asks
    calls.check([VICTIM], actor="alice")
    assert words(TrashIP.objects.get()) == ["banned ban", "not in the firewall bad"]


@pytest.mark.django_db(transaction=True)
def test_a_check_without_an_answer_keeps_what_is_known(settings: Any, manual_log: Any) -> None:
    """A ban that was only noted is not told to fail2ban because somebody asked."""
    settings.TRASHIP_FIREWALL_EXECUTE = False
    calls.ban([VICTIM], actor="alice")
    settings.TRASHIP_FIREWALL_EXECUTE = True
    calls.check([VICTIM], actor="alice")

    assert words(TrashIP.objects.get()) == ["banned ban", "refused by the site plain"]
