"""What goes to a transport and what comes back: values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, Protocol

DONE, FAILED, SKIPPED = "done", "failed", "skipped"


@dataclass(frozen=True)
class Order:
    """One address of one call. `seconds` is for bans; None = permanent."""

    action: str
    address: str
    seconds: Optional[int] = None
    actor: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Answer:
    """`applied`: whether the firewall holds the address now; None when nobody knows."""

    state: str
    applied: Optional[bool] = None
    stdout: str = ""
    stderr: str = ""


@dataclass(frozen=True)
class Call:
    """One run for all orders; an order without an answer has failed with `stderr`."""

    answers: Mapping[str, Answer]
    rc: Optional[int] = None
    stderr: str = ""

    def answer(self, address: str) -> Answer:
        return self.answers.get(address) or Answer(FAILED, stderr=self.stderr or "no answer")


class Transport(Protocol):
    """A module with these two: `command` for the audit row, `run`, which raises nothing the world does."""

    def command(self, order: Order) -> str: ...

    def run(self, orders: Sequence[Order]) -> Call: ...
