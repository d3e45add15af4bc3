"""Texts that strangers choose, and a thousand rows: nothing runs, overflows or is slow."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from tests.accesslog.security_page.conftest import Answers
from tests.accesslog.security_page.states import HOSTILE, NOW, STATES, ban

pytestmark = pytest.mark.needs("chromium")

#: what is wider than its box, the page itself among it
WIDE = """() => [
  ...document.documentElement.scrollWidth > innerWidth ? ['the page'] : [],
  ...[...document.querySelectorAll('.ideolab-security, .ideolab-security *')]
    .filter(one => one.clientWidth && getComputedStyle(one).display !== 'inline'
      && one.scrollWidth > one.clientWidth + 1
      // a table with a column for each jail scrolls in its own box
      && !one.querySelector(':scope > #ideolab-times')).map(one => one.outerHTML.slice(0, 80))]"""
#: seconds that a page on a busy machine may take to lay itself out
PATIENCE_S = 15
#: milliseconds of an update with three lists of a thousand rows; 1,150 were measured on two cores at load 10
SLOW_MS = 3000


def find_wide(page: Any) -> list[str]:
    """What overflows; the chart follows the width of the window a moment later."""
    page.evaluate("() => { document.querySelector('.ideolab-security details').open = true; }")
    ends = monotonic() + PATIENCE_S
    while (found := page.evaluate(WIDE)) and monotonic() < ends:
        page.wait_for_timeout(100)
    return list(found)


@pytest.mark.parametrize("is_update", [False, True], ids=["first", "update"])
def test_hostile_texts_are_texts(visit: Any, answers: Answers, is_update: bool) -> None:
    """In the page that the server writes, and in what the scripts write."""
    if not is_update:
        answers.data = STATES["hostile"]()
    page = visit()
    if is_update:
        answers.data = STATES["hostile"]()
        page.clock.run_for(5000)
    page.wait_for_function(
        "text => document.querySelector('[data-rows=bans]').textContent.includes(text)", arg=HOSTILE[0]
    )
    assert page.evaluate("() => window.hacked") is None
    assert page.locator("#content-main :is(img, iframe)").count() == 0
    # the data and the settings of the page, which run nothing
    assert page.locator("#content-main script:not([type='application/json'])").count() == 0
    text = page.inner_text("#content-main")
    assert HOSTILE[1] in text
    assert "\\u202egnp.exe \\u2066txt\\u2069 \\u200b\\x00\\x1b[31m" in text
    assert "{{ 7|add:7 }} {% debug %}" in text
    assert not {"\u202e", "\u2066", "\u200b", "\x1b"} & set(text)
    for width in (1920, 1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert find_wide(page) == [], width


@pytest.mark.parametrize("state", ["attack", "alarm", "unknown", "empty", "calm"])
def test_each_state_fits_each_width(visit: Any, answers: Answers, state: str) -> None:
    """No scrolling to the side; at 390 px neither."""
    answers.data = STATES[state]()
    page = visit()
    for width in (1920, 1280, 768, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert find_wide(page) == [], width


def test_a_thousand_rows_stay_quick(visit: Any, answers: Answers) -> None:
    """An update with all rows changed, and the row that is looked at."""
    answers.data = STATES["huge"]()
    page = visit()
    assert page.locator("[data-rows=bans] tr").count() == 1000
    answers.data["last_bans"] = [ban(n, reason="changed") for n in range(1001, 0, -1)]
    answers.data["now"] = NOW.isoformat()
    took = page.evaluate(
        """data => {
          const begun = performance.now();
          for (const part of ['setTables', 'setTimeline']) window.ideolabSecurity[part](data);
          document.body.offsetHeight;
          return performance.now() - begun;
        }""",
        answers.data,
    )
    assert page.locator("[data-rows=bans] tr").count() == 1001
    assert took < SLOW_MS


def test_the_chart_follows_the_switch_of_the_theme(visit: Any) -> None:
    """Its axes have the colour of the text beside them."""
    page = visit()
    page.wait_for_function("() => Chart.getChart('ideolab-chart') !== undefined")
    colour = "() => Chart.getChart('ideolab-chart').options.scales.y.ticks.color"
    before = page.evaluate(colour)
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    page.wait_for_function(f"before => ({colour})() !== before", arg=before)


def test_the_chart_has_a_table(visit: Any) -> None:
    """The same numbers for who does not see the bars."""
    page = visit()
    page.click("text=As a table")
    assert page.inner_text("#ideolab-times thead").strip() == (
        "Time\tideolab-connmon\tideolab-traship\tnginx-ideolab-slowtls\tideolab-connmon-net"
    )
    assert page.inner_text("#ideolab-times tbody tr >> nth=16") == "23:00:00\t80\t71\t60\t50"
    assert page.inner_text("#ideolab-times tbody tr >> nth=23").startswith("06:00:00, not over yet\t")
    # no time is broken over two lines
    assert page.locator("#ideolab-times tbody th").first.bounding_box()["height"] < 30


def test_the_last_bar_is_marked(visit: Any) -> None:
    """It is not over: a low bar is no end of an attack. The others are whole, and so is the legend."""
    page = visit()
    page.wait_for_function("() => window.Chart?.getChart('ideolab-chart')")
    found = page.evaluate(
        """() => {
          const chart = Chart.getChart('ideolab-chart');
          const bars = chart.getDatasetMeta(0).data.slice(-2).map(bar => bar.options.backgroundColor);
          return [...bars, chart.legend.legendItems[0].fillStyle];
        }"""
    )
    assert found == ["#3b82c4", "#3b82c455", "#3b82c4"]


@pytest.mark.parametrize(("locale", "width"), [("en-GB", 1280), ("fr-FR", 1280), ("fr-FR", 390)])
@pytest.mark.parametrize("state", ["attack", "alarm", "unknown"])
def test_no_card_is_cut(visit: Any, answers: Answers, state: str, locale: str, width: int) -> None:
    """Each says its whole sentence, what to do included."""
    answers.data = STATES[state]()
    page = visit("", locale=locale)
    page.set_viewport_size({"width": width, "height": 900})
    cut = page.evaluate(
        """() => [...document.querySelectorAll('.ideolab-kcard, .ideolab-kcard *')]
          .filter(one => one.scrollHeight > one.clientHeight + 1)
          .filter(one => getComputedStyle(one).overflowY !== 'visible')
          .map(one => one.textContent)"""
    )
    assert cut == []
