"""A plugin of pytest that writes what became of each test: SUITE_RESULTS names the file."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_outcomes: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note the test; a failure of its fixtures counts as its own."""
    is_told = report.when == "call" or report.outcome != "passed"
    if is_told and _outcomes.get(report.nodeid) != "failed":
        _outcomes[report.nodeid] = report.outcome


def pytest_sessionfinish() -> None:
    """Write the file."""
    Path(os.environ["SUITE_RESULTS"]).write_text(json.dumps(_outcomes))
