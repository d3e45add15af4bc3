"""The orders that go to a transport and the answers that come back: values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, Protocol

from ideolab_accesslog.firewall import texts

#: states of one address after a run, as FirewallActionLog.State has them
DONE = "done"
FAILED = "failed"
SKIPPED = "skipped"


@dataclass(frozen=True)
class Order:
    """One address of one call. `seconds` is for bans; None = permanent."""

    action: str
    address: str
    seconds: Optional[int] = None
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True)
class FirewallAnswer:
    """What the firewall said of one address.

    `applied`: whether it holds the address now by a ban that this site can lift; None = unknown. `held`: what
    else still drops the address, "" for nothing.
    """

    state: str
    applied: Optional[bool] = None
    stdout: str = ""
    stderr: str = ""
    held: str = ""


@dataclass(frozen=True)
class RunReply:
    """The answers of one run for all its orders; an order without an answer has failed with `stderr`."""

    answers: Mapping[str, FirewallAnswer]
    rc: Optional[int] = None
    stderr: str = ""

    def find_answer(self, address: str) -> FirewallAnswer:
        """Return the answer for one address, or the failure of the whole run."""
        return self.answers.get(address) or FirewallAnswer(FAILED, stderr=self.stderr or texts.NO_ANSWER)


class Transport(Protocol):
    """A module with two functions; an error of the host becomes a failed answer, never an exception."""

    def describe(self, order: Order) -> str:
        """Return the command for the audit row."""

    def run(self, orders: Sequence[Order]) -> RunReply:
        """Carry out all orders at once; return the answers."""
