"""Checks that the country list is in force as it was confirmed, and as the settings say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Optional

from ideolab_f2b.check.lists.timer import timer
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import GeoSettings, Settings
from ideolab_f2b.geo.rule.applied_list import AppliedList
from ideolab_f2b.geo.rule.in_force import CountryFirewall
from ideolab_f2b.geo.rule.plan import KernelState, RuleProblemError
from ideolab_f2b.places import GEO_RULE_TIMER

CHECK = "geo-rule"
_APPLY = "sudo ideolab-f2b geo apply --confirm 60s"
_RENEW = "sudo ideolab-f2b geo apply --renew"

Look = Callable[[], "tuple[Optional[AppliedList], KernelState]"]


def geo_rule(settings: Settings, look: Optional[Look] = None) -> Iterator[Verdict]:
    """Check the rule, and what puts it back; no verdict where there is no list and none is wanted."""
    try:
        one, state = (look or CountryFirewall(settings).look)()
    except (OSError, RuntimeError) as error:
        mend = "sudo ideolab-f2b geo apply" if isinstance(error, RuleProblemError) else ""
        yield wrong(CHECK, str(error), mend) if mend else unknown(CHECK, str(error))
        return
    if one is None and settings.geo.policy == "off":
        return
    yield judge_rule(one, state, settings.geo)
    if one is not None:
        does = "puts the country list back within a minute where somebody flushes it"
        yield from timer(GEO_RULE_TIMER, does, "a list that somebody flushes stays away")


def judge_rule(one: Optional[AppliedList], state: KernelState, settings: GeoSettings) -> Verdict:
    """Return the verdict on the rule. Pure."""
    trial = f"a list is tried out for {state.trial_s:.0f} s more" if state.trial else ""
    if one is None:
        what = trial or f"f2b.conf says {settings.policy}, and no list was put in force"
        return wrong(CHECK, what, "sudo ideolab-f2b geo confirm" if trial else _APPLY)
    if not one.is_in(state):
        return wrong(CHECK, f"{one.describe()} was confirmed, and is not in force in {one.backend}", _RENEW)
    differs = list(_compare(one, settings))
    if differs:
        mend = (
            "sudo ideolab-f2b geo remove"
            if settings.policy == "off"
            else f"sudo ideolab-f2b geo build, then {_APPLY}"
        )
        return wrong(CHECK, f"in force is {one.describe()}; f2b.conf says {', '.join(differs)}", mend)
    refused = " + ".join(f"{state.refused.get(version, 0):,}" for version in (4, 6))
    pause = f"every country gets in for {state.pause_s:.0f} s more" if state.pause_s else ""
    text = f"{one.describe()} is in force in {one.backend}, and has refused {refused} packets"
    return ok(CHECK, "; ".join(filter(None, (text, trial, pause))))


def _compare(one: AppliedList, settings: GeoSettings) -> Iterator[str]:
    if one.policy != settings.policy:
        yield f"policy = {settings.policy}"
    elif set(one.countries) != set(settings.countries):
        yield f"countries = {', '.join(settings.countries)}"
    if set(one.ports) != set(settings.ports):
        yield f"ports = {', '.join(map(str, settings.ports))}"
    if one.quic != settings.quic:
        yield f"quic = {'yes' if settings.quic else 'no'}"
