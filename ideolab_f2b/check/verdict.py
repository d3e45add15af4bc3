"""What one check says: ok, wrong with the command that mends it, or unknown with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

OK = "ok"
WRONG = "wrong"
UNKNOWN = "unknown"


class Verdict(NamedTuple):
    """`check` is the name of the part, `mend` what to type when it is wrong."""

    check: str
    state: str
    text: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.state:<8} {self.check}: {self.text}" + (
            f"\n         -> {self.mend}" if self.mend else ""
        )

    def to_json(self) -> str:
        """Return the verdict as one JSON object."""
        return json.dumps(self._asdict())


def ok(check: str, text: str) -> Verdict:
    """Return the verdict that a part works."""
    return Verdict(check, OK, text)


def wrong(check: str, text: str, mend: str) -> Verdict:
    """Return the verdict that a part does not work, with what to type."""
    return Verdict(check, WRONG, text, mend)


def unknown(check: str, text: str, mend: str = "sudo ideolab-f2b check") -> Verdict:
    """Return the verdict that a part could not be checked: by this user, or before a repair of another."""
    return Verdict(check, UNKNOWN, text, mend)


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return 1 when something is wrong, else 0."""
    return 1 if any(verdict.state == WRONG for verdict in verdicts) else 0
