"""axe-core finds nothing serious in the page: light, dark, English, French, with and without the dialog.

axe-core writes styles of its own into the page, so these pages have no policy.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.accesslog.security_page.conftest import Answers
from tests.accesslog.security_page.states import STATES

AXE = Path(__file__).parent / "axe"


def find_faults(page: Any) -> list[str]:
    """What axe-core finds in the page's own part that is serious or critical."""
    page.evaluate(f"{(AXE / 'axe.min.js').read_text()};0")
    found: list[str] = page.evaluate(
        """async () => (await axe.run("#content-main", { resultTypes: ['violations'] })).violations
          .filter(one => ['serious', 'critical'].includes(one.impact))
          .flatMap(one => one.nodes.map(node =>
            `${one.id}: ${node.html.slice(0, 120)} ${node.failureSummary}`))"""
    )
    return found


def test_axe_is_the_one_that_was_chosen() -> None:
    """scripts/update-axe writes both files."""
    digest, name = (AXE / "axe.sha256").read_text().split()

    assert (digest, name) == (hashlib.sha256((AXE / "axe.min.js").read_bytes()).hexdigest(), "axe.min.js")


@pytest.mark.needs("chromium")
@pytest.mark.parametrize(("scheme", "locale"), [("light", "en-GB"), ("dark", "fr-FR")])
@pytest.mark.parametrize("state", ["attack", "alarm", "unknown", "hostile"])
def test_nothing_serious_is_found(visit: Any, answers: Answers, state: str, scheme: str, locale: str) -> None:
    """Contrast, names, roles, headings, tables, regions that scroll."""
    answers.data = STATES[state]()
    page = visit("", scheme, locale, bypass_csp=True)
    page.wait_for_function("() => Chart.getChart('ideolab-chart') !== undefined")
    page.evaluate("() => { document.querySelector('.ideolab-security details').open = true; }")
    assert find_faults(page) == []
    page.evaluate("() => { location.hash = 'of=198.51.100.2'; }")
    page.wait_for_selector(".ideolab-parts")
    assert find_faults(page) == []


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_of_before_can_be_read(visit: Any, answers: Answers, scheme: str) -> None:
    """They are grey, and still have the contrast of text."""
    page = visit("", scheme, bypass_csp=True)
    answers.status = 302
    page.clock.run_for(5000)
    page.wait_for_selector(".ideolab-security[data-fresh=no]")
    # the verdict fades to grey
    page.clock.run_for(1000)
    page.wait_for_timeout(500)
    assert find_faults(page) == []
