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
        """One JSON object."""
        return json.dumps(self._asdict())


def ok(check: str, text: str) -> Verdict:
    """The verdict on what works."""
    return Verdict(check, OK, text)


def wrong(check: str, text: str, mend: str) -> Verdict:
    """The verdict on what does not work, with what to type."""
    return Verdict(check, WRONG, text, mend)


def unknown(check: str, text: str, mend: str = "sudo ideolab-f2b check") -> Verdict:
    """The verdict on what this user may not see, or what cannot be seen before something else is mended."""
    return Verdict(check, UNKNOWN, text, mend)


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """1 when something is wrong, else 0."""
    return 1 if any(verdict.state == WRONG for verdict in verdicts) else 0
