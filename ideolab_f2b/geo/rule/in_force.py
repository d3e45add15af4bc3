"""Puts the country list in force, tries it out, confirms it, pauses it, takes it away, puts it back."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from typing import NamedTuple, Optional

from ideolab_f2b.config import Settings
from ideolab_f2b.geo.country_list import CountryList
from ideolab_f2b.geo.rule import backends
from ideolab_f2b.geo.rule.applied_list import AppliedList, describe_plan, digest
from ideolab_f2b.geo.rule.backends import RULES
from ideolab_f2b.geo.rule.listed_names import NameAddresses
from ideolab_f2b.geo.rule.never_refused import Exemptions, collect
from ideolab_f2b.geo.rule.plan import (
    VERSIONS,
    KernelState,
    RulePlan,
    RuleProblemError,
    make_token,
    require_list,
)
from ideolab_f2b.geo.rule.renewal import is_renewal
from ideolab_f2b.geo.rule.state import APPLIED, KINDS, TRIAL, StateFiles
from ideolab_f2b.kernel.address import Address

#: gathers whom no list refuses: settings, addresses that names had before, who asks by SSH
Collect = Callable[[Settings, NameAddresses, Optional[Address]], Exemptions]


def collect_now(settings: Settings, names: NameAddresses, peer: Optional[Address] = None) -> Exemptions:
    """Return whom no list refuses at this moment."""
    return collect(settings.geo.exempt, names, peer=peer)


class Outcome(NamedTuple):
    """What was done in words, "" for nothing, and what of the exemptions is not known."""

    text: str
    troubles: tuple[str, ...] = ()


class CountryFirewall:
    """The list of one host. Where a verb raises RuleProblemError or OSError, what was in force goes on."""

    def __init__(
        self,
        settings: Settings,
        files: Optional[StateFiles] = None,
        collect: Collect = collect_now,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings, self._files = settings, files or StateFiles()
        self._collect, self._clock = collect, clock

    def gather(self, peer: Optional[Address] = None) -> Exemptions:
        """Return whom no list would refuse now."""
        return self._gather(self._load_readable(), peer)[1]

    def apply(self, countries: CountryList, trial_s: float = 0.0, peer: Optional[Address] = None) -> Outcome:
        """Put a list in force: for good, or for `trial_s` seconds."""
        with self._files.lock():
            before, name = self._load_readable(), backends.choose(self.settings)
            names, exemptions = self._gather(before, peer)
            plan = self._plan(countries, exemptions)
            one = self._describe(plan, countries, name, names).with_caller(peer)
            if trial_s:
                self._try_out(plan, one, countries, before, trial_s)
            else:
                with closing(RULES[name]()) as rule:
                    rule.put(plan)
                self._files.save(APPLIED, one, countries)
                self._files.forget(TRIAL)
                backends.remove_all(but=name)
        return Outcome(one.describe(), exemptions.troubles)

    def confirm(self) -> Outcome:
        """Keep the list that is tried out."""
        with self._files.lock():
            one = self._files.load(TRIAL)
            if one is None:
                raise RuleProblemError("no list is tried out; sudo ideolab-f2b geo apply --confirm 60s")
            with closing(RULES[one.backend]()) as rule:
                if rule.look().trial != one.token:
                    raise RuleProblemError(
                        "the trial has ended by itself; once more: sudo ideolab-f2b geo apply --confirm 5m"
                    )
                rule.confirm(one.make_plan({}, {}))
            self._files.keep_trial()
        return Outcome(one.describe())

    def pause(self, seconds: float) -> Outcome:
        """Refuse nobody for so long, 0 ends a pause; nothing is done where no list is in force."""
        with self._files.lock():
            lists = [one for one in map(self._files.load, KINDS) if one is not None]
            ports = sorted({port for one in lists for port in one.ports})
            for backend in {one.backend for one in lists}:
                with closing(RULES[backend]()) as rule:
                    state = rule.look()
                    if state.token or state.trial:
                        rule.pause(ports, seconds)
                        return Outcome("TCP " + ", ".join(map(str, ports)))
        return Outcome("")

    def remove(self) -> Outcome:
        """Take all of it out of the kernel, and out of what comes back at a boot."""
        with self._files.lock():
            self._files.forget(*KINDS)
            return Outcome(" and ".join(backends.remove_all()))

    def restore(self) -> Outcome:
        """Put back what was applied and is not in force, end what was not confirmed, renew who is exempt.

        The text says what was put back; "" where nothing was missing, or nothing was ever applied.
        """
        with self._files.lock():
            one, trial = self._files.load(APPLIED), self._files.load(TRIAL)
            # a trial that is over harms nobody: what was confirmed comes first
            done = Outcome("") if one is None else self._restore(one, trial)
            if trial is not None:
                self._end_trial(trial, is_alone=one is None)
            return done

    def renew(self, newest: CountryList) -> Outcome:
        """Put a newer list of the same countries in force, on the ports of the one that is.

        RuleProblemError for one of less than half or more than twice the size: its source may be cut.
        """
        with self._files.lock():
            before, trial = self._files.load(APPLIED), self._files.load(TRIAL)
            # a trial would end by it before anybody has confirmed it
            if before is None or trial is not None or not is_renewal(before, newest):
                return Outcome("")
            names, exemptions = self._gather(before, self._find_caller(before))
            if not exemptions.is_whole:
                return Outcome("", exemptions.troubles)
            one, plan = self._make_anew(before, newest, names, exemptions)
            with closing(RULES[one.backend]()) as rule:
                rule.put(plan)
            self._files.save(APPLIED, one, newest)
        return Outcome(one.describe(), exemptions.troubles)

    def look(self) -> tuple[Optional[AppliedList], KernelState]:
        """Return what is to be in force, and what the kernel holds; OSError, RuleError."""
        one = self._files.load(APPLIED)
        known = one or self._files.load(TRIAL)
        with closing(RULES[known.backend if known else backends.choose(self.settings)]()) as rule:
            return one, rule.look()

    def read_time(self) -> float:
        """Return when the confirmed list was put in force, in epoch seconds; infinity for none."""
        one = self._files.load(APPLIED)
        return one.applied if one else float("inf")

    def has_list(self) -> bool:
        """Whether a list was applied or is tried out."""
        return self._files.is_any()

    def list_recent(self) -> list[Address]:
        """Return the clients that were refused in the last minutes, as far as there was room to note them."""
        one = self._files.load(APPLIED)
        if one is None:
            return []
        with closing(RULES[one.backend]()) as rule:
            return list(rule.list_recent())

    def _load_readable(self) -> Optional[AppliedList]:
        """Return what was applied; None also for a broken file, which `apply` makes anew."""
        try:
            return self._files.load(APPLIED)
        except RuleProblemError:
            return None

    def _find_caller(self, *lists: Optional[AppliedList]) -> Optional[Address]:
        """Return who applied the last of these lists by SSH, until a day after that."""
        for one in lists:
            found = one.find_caller(self._clock()) if one is not None else None
            if found is not None:
                return found
        return None

    def _gather(
        self, before: Optional[AppliedList], peer: Optional[Address] = None
    ) -> tuple[NameAddresses, Exemptions]:
        names = NameAddresses(before.names if before else {})
        return names, self._collect(self.settings, names, peer)

    def _plan(
        self,
        countries: CountryList,
        exemptions: Exemptions,
        ports: Optional[tuple[int, ...]] = None,
        has_quic: Optional[bool] = None,
    ) -> RulePlan:
        geo = self.settings.geo
        ports = geo.ports if ports is None else ports
        has_quic = geo.quic if has_quic is None else has_quic
        prefixes = {version: countries.prefixes(version) for version in VERSIONS}
        token = make_token(countries.policy, prefixes, ports, has_quic)
        plan = RulePlan(countries.policy, prefixes, exemptions.prefixes(), ports, has_quic, token)
        require_list(plan)
        return plan

    def _describe(
        self, plan: RulePlan, countries: CountryList, backend: str, names: NameAddresses
    ) -> AppliedList:
        listed = tuple(map(str, self.settings.geo.exempt))
        return replace(
            describe_plan(plan, countries, backend, self._clock()), names=names.known, listed=listed
        )

    def _try_out(
        self,
        plan: RulePlan,
        one: AppliedList,
        countries: CountryList,
        before: Optional[AppliedList],
        seconds: float,
    ) -> None:
        if before is not None and before.backend != one.backend:
            raise RuleProblemError(
                f"the list in force is held by {before.backend}, and {one.backend} is chosen now: apply it"
                " without --confirm, or take it away first (sudo ideolab-f2b geo remove)"
            )
        self._files.save(TRIAL, one, countries)
        with closing(RULES[one.backend]()) as rule:
            rule.try_out(plan, seconds)

    def _restore(self, known: AppliedList, trial: Optional[AppliedList]) -> Outcome:
        names, exemptions = self._gather(known, self._find_caller(trial, known))
        exempt, one = exemptions.prefixes(), known
        with closing(RULES[known.backend]()) as rule:
            state = rule.look()
            if not one.is_in(state):
                one, plan = self._load_plan(known, names, exemptions)
            is_missing = not one.is_in(state)
            # else who was exempt stays so: an admin may be among those that are not known now
            is_new = is_missing or exemptions.is_whole
            if is_missing:
                rule.put(plan)
            elif is_new and known.exempt != digest(exempt):
                rule.exempt(exempt)
        after = replace(
            one,
            names=names.known if is_new else known.names,
            exempt=digest(exempt) if is_new else known.exempt,
        )
        troubles = exemptions.troubles
        if after != known:
            try:
                self._files.save(APPLIED, after)
            except OSError as error:
                # the list is in force; the next run writes it down
                troubles = (*troubles, f"what has changed is not remembered: {error}")
        return Outcome(one.describe() if is_missing else "", troubles)

    def _load_plan(
        self, known: AppliedList, names: NameAddresses, exemptions: Exemptions
    ) -> tuple[AppliedList, RulePlan]:
        """Return what is to be in force, by the saved list and its settings.

        A full disk or a power cut may leave the settings of the list before: what was allowed there must not
        be refused for it.
        """
        countries = self._files.load_list(APPLIED)
        if not known.is_of(countries):
            return self._make_anew(known, countries, names, exemptions)
        prefixes = {version: countries.prefixes(version) for version in VERSIONS}
        return known, known.make_plan(prefixes, exemptions.prefixes())

    def _make_anew(
        self, before: AppliedList, countries: CountryList, names: NameAddresses, exemptions: Exemptions
    ) -> tuple[AppliedList, RulePlan]:
        """Return another list on the ports of the one before."""
        plan = self._plan(countries, exemptions, before.ports, before.quic)
        one = self._describe(plan, countries, before.backend, names)
        return replace(one, caller=before.caller, called=before.called), plan

    def _end_trial(self, trial: AppliedList, *, is_alone: bool) -> None:
        """Take what is left of a trial away that nobody has confirmed, once the kernel has ended it."""
        with closing(RULES[trial.backend]()) as rule:
            state = rule.look()
            if state.trial == trial.token:
                return
            if is_alone:
                rule.remove()
            elif state.token:
                rule.end_trial()
        # the unit of the boot may not write: the timer forgets it
        with suppress(OSError):
            self._files.forget(TRIAL)
