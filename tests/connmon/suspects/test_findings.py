"""findings: what one snapshot says."""

from __future__ import annotations

from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect


def test_findings_explain_only_when_asked() -> None:
    """Empty findings have an empty table."""
    assert Findings().table() == []


def test_the_table_is_made_at_the_time_it_is_asked_for() -> None:
    """--explain alone wants the row of everybody."""
    asked: list[Suspect] = []

    findings = Findings(explain=lambda: asked)
    asked.append(Suspect("198.51.100.7", "ip", 0, 1, 1, {"idle": 1}))

    assert findings.table() == asked
