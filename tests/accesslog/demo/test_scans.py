"""The paths of the played scanners are such as the app takes for a scan."""

from __future__ import annotations

from ideolab_accesslog.demo import scans
from ideolab_accesslog.traship.classify import rule_of


def test_each_path_meets_a_rule() -> None:
    """Else the page would show offences that no site has."""
    assert [path for path in scans.PATHS if not rule_of(path)] == []


def test_no_page_of_the_site_meets_one() -> None:
    """Visitors are no scanners."""
    assert [path for path, _view in scans.PAGES if rule_of(path)] == []
