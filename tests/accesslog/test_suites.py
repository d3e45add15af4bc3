"""The tests of Django, allauth and axes pass with the app in front of everything as they do without it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.accesslog.suites.sources import ALLAUTH, AXES, DJANGO, Source

pytestmark = pytest.mark.suites

#: what failed when the app's thread ran beside tests, and what looks closest at requests and connections
MODULES = {
    DJANGO: ("servers", "test_client", "handlers", "middleware_exceptions", "asgi", "admin_checks"),
    ALLAUTH: ("tests/apps/account/test_login.py",),
    AXES: ("tests/test_middleware.py", "tests/test_checks.py"),
}


@pytest.mark.parametrize("source", MODULES, ids=lambda source: source.project)
def test_the_same_tests_pass_with_the_app(source: Source, tmp_path: Path) -> None:
    """Not one fails, is skipped or is missing that passes without the app."""
    if not source.path.exists():
        pytest.skip(f"{source.path} is not there: scripts/test fetches it when it makes the venv")

    without = source.run(MODULES[source], tmp_path / "without.json", with_app=False)
    with_app = source.run(MODULES[source], tmp_path / "with.json", with_app=True)

    assert {test for test, outcome in without.items() if outcome == "passed"}
    assert with_app == without
