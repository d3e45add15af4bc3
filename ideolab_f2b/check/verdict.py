"""What one check says: ok, wrong with the command that mends it, or unknown with the reason."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

OK, WRONG, UNKNOWN = "ok", "wrong", "unknown"


class Verdict(NamedTuple):
    check: str
    state: str
    text: str
    mend: str = ""

    def __str__(self) -> str:
        return f"{self.state:<8} {self.check}: {self.text}" + (
            f"\n         -> {self.mend}" if self.mend else ""
        )

    def to_json(self) -> str:
        return json.dumps(self._asdict())


def ok(check: str, text: str) -> Verdict:
    return Verdict(check, OK, text)


def wrong(check: str, text: str, mend: str) -> Verdict:
    return Verdict(check, WRONG, text, mend)


def unknown(check: str, text: str, mend: str = "sudo ideolab-f2b check") -> Verdict:
    """What this user may not see, or what cannot be seen before something else is mended."""
    return Verdict(check, UNKNOWN, text, mend)


def exit_code(verdicts: Iterable[Verdict]) -> int:
    return 1 if any(verdict.state == WRONG for verdict in verdicts) else 0
