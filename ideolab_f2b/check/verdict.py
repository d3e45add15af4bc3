"""What one check says: ok, wrong with the command that mends it, or unknown with the reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

OK = "ok"
WRONG = "wrong"
UNKNOWN = "unknown"
#: of the JSON objects
VERSION = 1


class Verdict(NamedTuple):
    """`check` is the name of the part, `mend` what to type when it is wrong."""

    check: str
    state: str
    text: str
    mend: str = ""

    def __str__(self) -> str:
        lines = [
            f"{self.state:<8} {self.check}: {self.text}",
            *([f"         -> {self.mend}"] if self.mend else []),
        ]
        return "\n".join(map(_escape, lines))

    def to_json(self, when: float) -> str:
        """Return the verdict as one JSON object; `when` is the time of the check in epoch seconds."""
        return json.dumps({"version": VERSION, "t": round(when, 3), **self._asdict()})


def _escape(text: str) -> str:
    """Return the text without what moves a terminal's cursor: some of it comes from files of others."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def ok(check: str, text: str) -> Verdict:
    """Return the verdict that a part works."""
    return Verdict(check, OK, text)


def wrong(check: str, text: str, mend: str) -> Verdict:
    """Return the verdict that a part does not work, with what to type."""
    return Verdict(check, WRONG, text, mend)


def unknown(check: str, text: str, mend: str = "sudo ideolab-f2b check") -> Verdict:
    """Return the verdict that a part could not be checked: by this user, or before a repair of another."""
    return Verdict(check, UNKNOWN, text, mend)


def summary(verdicts: Iterable[Verdict]) -> str:
    """Return how many verdicts there are of each state, as `2 wrong, 1 unknown, 45 ok`."""
    counts = Counter(verdict.state for verdict in verdicts)
    return ", ".join(f"{counts[state]} {state}" for state in (WRONG, UNKNOWN, OK) if counts[state])


def exit_code(verdicts: Iterable[Verdict]) -> int:
    """Return 1 when something is wrong, else 0."""
    return 1 if any(verdict.state == WRONG for verdict in verdicts) else 0
