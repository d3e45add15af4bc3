"""The runner of Django's own tests, which writes what became of each: SUITE_RESULTS names the file."""

from __future__ import annotations

import json
import os
import unittest
from pathlib import Path
from typing import Any

from django.test.runner import DiscoverRunner


class Result(unittest.TextTestResult):
    """Remembers what became of each test."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.outcomes: dict[str, str] = {}

    def stopTest(self, test: unittest.TestCase) -> None:
        """Note a test as passed unless it was noted otherwise."""
        super().stopTest(test)
        self.outcomes.setdefault(test.id(), "passed")

    def addError(self, test: unittest.TestCase, err: Any) -> None:
        """Note an error, also of a class or a module."""
        super().addError(test, err)
        self.outcomes[test.id()] = "failed"

    def addFailure(self, test: unittest.TestCase, err: Any) -> None:
        """Note a failure."""
        super().addFailure(test, err)
        self.outcomes[test.id()] = "failed"

    def addSubTest(self, test: unittest.TestCase, subtest: unittest.TestCase, err: Any) -> None:
        """Note a test as failed when a part of it has."""
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.outcomes[test.id()] = "failed"

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        """Note a test that was skipped."""
        super().addSkip(test, reason)
        self.outcomes[test.id()] = "skipped"


class Runner(DiscoverRunner):
    """Django's runner with that result."""

    def get_resultclass(self) -> Any:
        """Return the class of the result."""
        return Result

    def run_suite(self, suite: Any, **options: Any) -> Any:
        """Run the tests, and write what became of them."""
        result = super().run_suite(suite, **options)
        Path(os.environ["SUITE_RESULTS"]).write_text(json.dumps(result.outcomes))
        return result
