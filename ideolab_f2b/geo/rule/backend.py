"""What a way to hold the country list in the kernel can do; nft and ipset are the two."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from ideolab_f2b.geo.rule.plan import KernelState, Prefixes, RulePlan
from ideolab_f2b.kernel.address import Address


class CountryRule(Protocol):
    """The list in the kernel. Each verb is done at one instant: a packet sees what was or what is."""

    @property
    def name(self) -> str:
        """Return "nft" or "ipset"."""

    def put(self, plan: RulePlan) -> None:
        """Put a list in force for good; the one that was, and a trial, go."""

    def try_out(self, plan: RulePlan, seconds: float) -> None:
        """Put a list in force for a time; then the kernel itself goes back to what was, or to nothing."""

    def confirm(self, plan: RulePlan) -> None:
        """Keep the list that is tried out, whose prefixes are in the kernel already; the one before goes."""

    def end_trial(self) -> None:
        """Take away what is left of a trial."""

    def exempt(self, exempt: Prefixes) -> None:
        """Replace whom no list refuses."""

    def pause(self, ports: Sequence[int], seconds: float) -> None:
        """Refuse nobody on these ports for so long; 0 ends a pause."""

    def remove(self) -> bool:
        """Take everything away; return whether there was something."""

    def look(self) -> KernelState:
        """Return what is there; OSError where it cannot be seen."""

    def list_recent(self) -> Iterator[Address]:
        """Yield the clients that were refused in the last minutes, as far as there was room to note them."""

    def close(self) -> None:
        """Close the socket to the kernel."""
