"""New data without a reload: questions, streams, hidden tabs, silence, and what an update leaves alone."""

from __future__ import annotations

import json
from datetime import datetime
from time import monotonic
from typing import Any

import pytest

from ideolab_accesslog.admin.security import page as security_page
from tests.accesslog.security_page.conftest import Answers
from tests.accesslog.security_page.states import alarm, ban, calm, iso

pytestmark = pytest.mark.needs("chromium")

#: seconds that a browser on a busy machine may take
PATIENCE_S = 40
LEVEL = "[data-is=level]"
LIVE = "[data-is=live]"


def wait_for(page: Any, selector: str, text: str) -> None:
    """Wait until an element says a text; the clock of the page stands still meanwhile."""
    page.wait_for_function(
        "([one, text]) => document.querySelector(one).textContent.includes(text)", arg=[selector, text]
    )


def turn_until(page: Any, selector: str, text: str) -> None:
    """Turn the clock of the page second by second until an element says a text.

    Its answers come by the clock of the machine: a question must not wait too long for one.
    """
    ends = monotonic() + PATIENCE_S
    while text not in page.inner_text(selector) and monotonic() < ends:
        page.clock.run_for(1000)
        page.wait_for_timeout(20)
    assert text in page.inner_text(selector)


def wait_until_asked(page: Any, answers: Answers, asked: list[str]) -> None:
    """Wait until these questions came, in this order."""
    ends = monotonic() + PATIENCE_S
    while len(answers.asked) < len(asked) and monotonic() < ends:
        page.wait_for_timeout(50)
    assert answers.asked[: len(asked)] == asked


def hide(page: Any, is_hidden: bool) -> None:
    """Tell the page that its tab is hidden, or shown."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
          document.dispatchEvent(new Event('visibilitychange'));
        }""",
        is_hidden,
    )


def test_what_the_server_writes_is_what_the_scripts_write(visit: Any, answers: Answers) -> None:
    """The first paint and the first update are the same page, whatever the time zone of the browser."""
    texts = """() => [...document.querySelectorAll(
      '.ideolab-security :is(tr, .ideolab-kcard, #ideolab-verdict)')]
      .map(one => one.innerText.replace(/\\s+/g, ' '))"""
    plain, scripted = visit(java_script_enabled=False), visit()
    scripted.evaluate("() => window.ideolabSecurity.setTables(window.ideolabSecurity.read('ideolab-data'))")
    assert scripted.evaluate(texts) == [
        " ".join(text.split()) for text in plain.locator(
            ".ideolab-security :is(tr, .ideolab-kcard, #ideolab-verdict)"
        ).all_inner_texts()
    ]  # fmt: skip


def test_new_data_comes_every_five_seconds(visit: Any, answers: Answers) -> None:
    """One question at a time, and the page shows the answer."""
    page = visit()
    assert page.inner_text(LIVE) == "live, asks every 5 s"
    assert page.inner_text(LEVEL) == "Under attack, handled"
    answers.data = alarm()
    turn_until(page, LEVEL, "Alarm")
    assert page.inner_text("[data-key=dropped] .ideolab-value") == "unknown"
    assert page.inner_text("#ideolab-chips [data-key=events]") == "behind Events 12 min"
    assert set(answers.asked) == {"data"}


def test_the_period_of_the_page_is_the_one_that_is_asked_for(visit: Any) -> None:
    """?period=7d has its data, and its link is the one that is none."""
    page = visit("?period=7d")
    with page.expect_request("**/data/?period=7d"):
        page.clock.run_for(6000)
    assert page.inner_text(".ideolab-periods [aria-current]") == "7 days"


def test_an_update_leaves_focus_scrolling_and_dialog(visit: Any, answers: Answers) -> None:
    """Three bans come in above the one that the operator is looking at."""
    page = visit()
    row = page.locator("[data-rows=bans] [data-of='198.51.100.14']")
    row.focus()
    scrolled = page.evaluate("() => document.querySelector('.ideolab-panel-bans .ideolab-scroll').scrollTop")
    answers.data["last_bans"] = [*(ban(n) for n in (-3, -2, -1)), *answers.data["last_bans"]]
    page.clock.run_for(5000)
    page.wait_for_selector("[data-rows=bans] [data-key='-3']", state="attached")
    assert page.evaluate("() => document.activeElement.dataset.of") == "198.51.100.14"
    assert (
        page.evaluate("() => document.querySelector('.ideolab-panel-bans .ideolab-scroll').scrollTop")
        >= scrolled
    )
    row.press("Enter")
    page.wait_for_selector(".ideolab-parts")
    answers.data = calm()
    turn_until(page, LEVEL, "Calm")
    assert page.is_visible(".ideolab-parts")
    # the row has gone meanwhile: its list has the focus
    page.keyboard.press("Escape")
    page.wait_for_function("() => document.activeElement.id === 'ideolab-h-bans'")


def test_nothing_but_the_verdict_is_read_aloud(visit: Any) -> None:
    """A screen reader is told of the verdict, not of each number."""
    page = visit()
    assert page.locator(".ideolab-security [aria-live], .ideolab-security [role=status]").count() == 1
    assert page.locator("[aria-live=polite] [data-is=level]").count() == 1


def test_a_hidden_tab_asks_nothing(visit: Any, answers: Answers) -> None:
    """It asks at once when it is shown again, and its numbers were those of before."""
    page = visit()
    hide(page, True)
    answers.asked.clear()
    page.clock.run_for(120_000)
    assert answers.asked == []
    assert page.inner_text(LIVE) == "paused while the tab is hidden"
    assert page.get_attribute(".ideolab-security", "data-fresh") == "no"
    assert page.inner_text(LEVEL) == "Unknown"
    hide(page, False)
    wait_for(page, LEVEL, "Under attack")
    assert answers.asked[:1] == ["data"]
    assert page.get_attribute(".ideolab-security", "data-fresh") == "yes"


@pytest.mark.parametrize("status", [500, 0])
def test_a_silent_site_is_asked_less_often(visit: Any, answers: Answers, status: int) -> None:
    """After 30 s the verdict is unknown and the numbers are grey; an answer brings all back."""
    page = visit()
    answers.status = status
    turn_until(page, LIVE, "no answer, asks again in ")
    turn_until(page, LEVEL, "Unknown")
    answers.asked.clear()
    for _part in range(20):
        page.clock.run_for(6000)
        page.wait_for_timeout(20)
    assert page.inner_text("[data-is=text]").startswith(
        "The site does not answer: the numbers are those of 06:12:03."
    )
    assert page.get_attribute(".ideolab-security", "data-fresh") == "no"
    # every 5 s there would have been 24 questions in two minutes
    assert 1 <= len(answers.asked) <= 8
    answers.status = 200
    turn_until(page, LIVE, "live, asks every 5 s")
    assert page.inner_text(LEVEL) == "Under attack, handled"


def test_who_is_signed_out_is_told(visit: Any, answers: Answers) -> None:
    """Nothing more is asked, and the numbers are not those of now."""
    page = visit()
    answers.status = 302
    turn_until(page, LIVE, "You are signed out: the numbers are those of 06:12:03.")
    assert page.inner_text(LEVEL) == "Unknown"
    link = page.get_attribute("[data-is=sign-in]", "href")
    assert link == "/admin/login/?next=%2Fadmin%2Fideolab_accesslog%2Fsecurity%2F"
    answers.asked.clear()
    page.clock.run_for(300_000)
    page.wait_for_timeout(200)
    assert answers.asked == []


def test_who_may_not_see_it_any_more_is_told(visit: Any, answers: Answers) -> None:
    """The permission was taken away meanwhile."""
    page = visit()
    answers.status = 403
    turn_until(page, LIVE, "You may not see this page any more")


def test_the_age_of_the_data_grows(visit: Any, answers: Answers) -> None:
    """Between two answers the operator sees how old the numbers and the sources are."""
    page = visit()
    answers.status = 500
    page.clock.run_for(90_000)
    wait_for(page, "[data-is=fresh]", "data of 06:12:03, ")
    said = page.inner_text("[data-is=fresh]")
    assert 90 <= int(said.split()[-3]) <= 90 + PATIENCE_S
    assert int(page.inner_text("#ideolab-sources [data-key=connmon] .ideolab-age").split()[0]) >= 94


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_browser_s_clock_that_is_set_makes_nothing_fresh(visit: Any, answers: Answers, hours: int) -> None:
    """The time that has passed counts, whatever the clock shows."""
    page = visit()
    answers.status = 500
    page.clock.set_system_time(datetime.fromisoformat(iso(-3600 * hours)))
    page.clock.run_for(40_000)
    page.wait_for_selector(".ideolab-security[data-fresh=no]")
    assert page.inner_text(LEVEL) == "Unknown"


def test_a_stream_brings_the_data(visit: Any, answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A site that streams is not asked; after the end of a stream it is, but not at once."""
    monkeypatch.setattr(security_page, "can_stream", lambda _request: True)
    answers.stream = f"data: {json.dumps(alarm())}\n\n"
    page = visit()
    wait_for(page, LEVEL, "Alarm")
    page.wait_for_function(
        "() => document.querySelector('[data-is=live]').textContent.startsWith('live, asks')"
    )
    page.clock.run_for(5000)
    wait_until_asked(page, answers, ["stream", "data", "stream"])


def test_a_quiet_stream_is_confirmed(visit: Any, answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that says nothing is no proof that nothing happens: the site is asked now and then."""
    monkeypatch.setattr(security_page, "can_stream", lambda _request: True)
    page = visit()
    page.add_init_script("window.EventSource = class extends EventTarget { close() {} };")
    page.reload()
    answers.asked.clear()
    answers.data = alarm()
    page.clock.run_for(17_000)
    wait_for(page, LEVEL, "Alarm")
    wait_until_asked(page, answers, ["data"])
    page.clock.run_for(17_000)
    wait_until_asked(page, answers, ["data", "data"])
    assert page.inner_text(LIVE) == "live"


def test_a_site_that_cannot_stream_after_all_is_asked(
    visit: Any, answers: Answers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in between, say: after an answer that is no stream the page asks every 5 s."""
    monkeypatch.setattr(security_page, "can_stream", lambda _request: True)
    page = visit()
    wait_for(page, LIVE, "live, asks every 5 s")
    for asked in (["stream", "data"], ["stream", "data", "data"]):
        page.clock.run_for(5000)
        wait_until_asked(page, answers, asked)
