"""Whether the country list is in force, as it was confirmed and as the settings say."""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

import pytest

from ideolab_f2b.check.lists import geo_rule
from ideolab_f2b.config import GeoSettings, Settings
from ideolab_f2b.geo.rule.applied_list import AppliedList
from ideolab_f2b.geo.rule.plan import KernelState, RuleProblemError
from tests.geo.rule.test_applied_list import ONE

SETTINGS = GeoSettings(policy="allow", countries=("ES", "FR"), ports=(8443, 443), quic=True)
STATE = KernelState("abcdefgh", (443, 8443), refused={4: 1234, 6: 5}, counts={4: 2, 6: 1})
WORDS = "allow FR, ES on TCP and UDP 443, 8443 (2 + 1 prefixes)"
GOOD = f"ok       geo-rule: {WORDS} is in force in nft, and has refused 1,234 + 5 packets"


@pytest.mark.parametrize(
    ("one", "state", "settings", "said"),
    [
        (ONE, STATE, SETTINGS, GOOD),
        (ONE, STATE._replace(pause_s=90.0, trial="x", trial_s=30.0), SETTINGS,
         f"{GOOD}; a list is tried out for 30 s more; every country gets in for 90 s more"),
        (ONE, KernelState(), SETTINGS,
         f"wrong    geo-rule: {WORDS} was confirmed, and is not in force in nft\n"
         "         -> sudo ideolab-f2b geo apply --renew"),
        (ONE, STATE, replace(SETTINGS, ports=(443,), quic=False, countries=("FR",)),
         f"wrong    geo-rule: in force is {WORDS}; f2b.conf says countries = FR, ports = 443, quic = no\n"
         "         -> sudo ideolab-f2b geo build, then sudo ideolab-f2b geo apply --confirm 60s"),
        (ONE, STATE, replace(SETTINGS, policy="off"),
         f"wrong    geo-rule: in force is {WORDS}; f2b.conf says policy = off\n"
         "         -> sudo ideolab-f2b geo remove"),
        (None, KernelState(), SETTINGS,
         "wrong    geo-rule: f2b.conf says allow, and no list was put in force\n"
         "         -> sudo ideolab-f2b geo apply --confirm 60s"),
        (None, KernelState(trial="x", trial_s=12.4), SETTINGS,
         "wrong    geo-rule: a list is tried out for 12 s more\n         -> sudo ideolab-f2b geo confirm"),
    ],
)  # fmt: skip
def test_verdicts(one: Optional[AppliedList], state: KernelState, settings: GeoSettings, said: str) -> None:
    """What is in force, what is not, and what to type."""
    assert str(geo_rule.judge_rule(one, state, settings)) == said


def test_no_list() -> None:
    """A host that wants none gets no line."""
    assert list(geo_rule.geo_rule(Settings(), lambda: (None, KernelState()))) == []


def test_what_cannot_be_seen() -> None:
    """Who is not root sees nothing, and it is not called missing; a broken file is mended by `apply`."""

    def hide() -> tuple[Optional[AppliedList], KernelState]:
        raise PermissionError(13, "Permission denied", "applied.json")

    def break_it() -> tuple[Optional[AppliedList], KernelState]:
        raise RuleProblemError("applied.json cannot be read")

    settings = Settings(geo=SETTINGS)
    (hidden,), (broken,) = (list(geo_rule.geo_rule(settings, look)) for look in (hide, break_it))
    assert (hidden.state, broken.state) == ("unknown", "wrong")
    assert broken.mend == "sudo ideolab-f2b geo apply"
