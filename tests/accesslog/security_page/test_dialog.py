"""The dialog of a row: by mouse, by keyboard, by link, and what it says when nothing is known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.accesslog.security_page.conftest import Answers
from tests.accesslog.security_page.states import HOSTILE, detail

pytestmark = pytest.mark.needs("chromium")

ROW = "[data-rows=bans] [data-of='198.51.100.2']"
BODY = "#ideolab-dialog-body"


def test_a_row_opens_by_keyboard_and_gives_the_focus_back(visit: Any) -> None:
    """Enter opens it, the focus stays inside, Escape closes it; the address of the page names the row."""
    page = visit()
    page.focus(ROW)
    page.keyboard.press("Enter")
    page.wait_for_selector(".ideolab-parts")
    assert page.evaluate("() => location.hash") == "#of=198.51.100.2"
    assert page.evaluate("() => document.getElementById('ideolab-dialog').contains(document.activeElement)")
    assert page.inner_text("#ideolab-dialog-title") == "198.51.100.2"
    for _key in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate("() => document.activeElement.closest('dialog, body').tagName")
        # Chromium's own buttons come after the last one: the body has no focus of its own there
        assert inside == "DIALOG" or page.evaluate("() => document.activeElement === document.body")
    page.keyboard.press("Escape")
    page.wait_for_selector("#ideolab-dialog", state="hidden")
    page.wait_for_function("() => document.activeElement.dataset.of === '198.51.100.2'")
    page.wait_for_function("() => location.hash === ''")


def test_a_click_anywhere_in_a_row_opens_it(visit: Any) -> None:
    """The cross and a click beside the dialog close it."""
    page = visit()
    page.click("[data-rows=networks4] tr:nth-child(2) .ideolab-count")
    page.wait_for_selector(".ideolab-parts")
    assert page.evaluate("() => location.hash") == "#of=198.51.1.0/24"
    page.click(".ideolab-close")
    assert not page.is_visible("#ideolab-dialog")
    page.click("[data-rows=asns] tr:nth-child(1) a")
    page.wait_for_selector(".ideolab-parts")
    page.mouse.click(5, 5)
    assert not page.is_visible("#ideolab-dialog")


def test_a_link_leads_to_a_row(visit: Any, answers: Answers) -> None:
    """#of= opens the dialog when the page comes, and the way back closes it."""
    page = visit("#of=2001:db8:0:5::/64")
    page.wait_for_selector(".ideolab-parts")
    assert answers.asked[:1] == ["detail"]
    page.click(".ideolab-close")
    page.evaluate("() => { location.hash = 'of=AS64500'; }")
    page.wait_for_selector("#ideolab-dialog[open]")
    page.go_back()
    page.wait_for_selector("#ideolab-dialog:not([open])", state="attached")


def test_everything_known_is_shown(visit: Any) -> None:
    """Each part is a card; buttons lead to their pages."""
    page = visit("#of=198.51.100.2")
    page.wait_for_selector(".ideolab-parts")
    assert page.locator(f"{BODY} h3").all_inner_texts() == [
        "What is known",
        "Origin",
        "Now",
        "Fingerprints",
        "Bans and suspects",
        "Phases of its connections",
        "Paths",
        "User agents",
        "What was done by hand",
    ]
    # a time inside a sentence is one of the site's zone too
    assert page.inner_text(f"{BODY} dl >> nth=0").endswith(
        "198.51.100.2 is banned by sshd, until 2026-11-30 07:10:52"
    )
    # the network around it was banned, not the address
    assert "ban 198.51.100.0/24 alice done" in page.inner_text(f"{BODY} .ideolab-parts").replace("\n", " ")
    links = """() => [...document.querySelectorAll('.ideolab-buttons a')]
      .map(one => [one.textContent, one.pathname])"""
    assert page.evaluate(links) == [
        ["Ban 198.51.100.2", "/admin/ideolab_accesslog/security/ban/"],
        ["Ban 198.51.100.0/24", "/admin/ban/"],
        ["Unban", "/admin/ideolab_accesslog/security/unban/"],
        ["Open its page", "/admin/ideolab_accesslog/traship/address/198.51.100.2/"],
    ]
    assert page.inner_text(f"{BODY} > .ideolab-below") == "As of 06:12:03 · There is more than is shown here."


def test_what_cannot_be_known_is_unknown(visit: Any, answers: Answers) -> None:
    """Parts that the reader may not see are named; a number that nobody knows is no 0."""
    plain = {"connections": {"value": None, "state": "unknown", "text": "The file is old."}, "requests": None}
    answers.detail = {
        **detail(),
        **plain,
        "audit": None,
        "paths": [],
        "hidden": ["requests"],
        "cut": False,
        "buttons": [],
    }
    page = visit("#of=198.51.100.2")
    page.wait_for_selector(".ideolab-parts")
    assert page.inner_text(f"{BODY} .ideolab-pairs >> nth=2") == "Connections\nunknown · The file is old."
    assert page.inner_text(f"{BODY} > .ideolab-below") == "As of 06:12:03 · You may not see: requests"
    assert page.locator(".ideolab-buttons a").all_inner_texts() == ["Open its page"]


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, "The site did not answer. Nothing is known of this now."),
        (0, "The site did not answer. Nothing is known of this now."),
        (302, "You are signed out. Sign in again to see this."),
        (404, "The site knows no such address, network or AS."),
    ],
)
def test_without_an_answer_it_says_so(visit: Any, answers: Answers, status: int, said: str) -> None:
    """And offers what helps: to try again, or to sign in."""
    answers.detail_status = status
    page = visit("#of=198.51.100.2")
    page.wait_for_function(
        "said => document.querySelector('.ideolab-message')?.textContent === said", arg=said
    )
    if status in (500, 0):
        answers.detail_status = 200
        page.click(".ideolab-buttons button")
        page.wait_for_selector(".ideolab-parts")
    elif status == 302:
        assert page.get_attribute(f"{BODY} .ideolab-buttons a", "href").endswith(
            # whoever signs in comes back to what he looked at
            "/admin/login/?next=%2Fadmin%2Fideolab_accesslog%2Fsecurity%2F%23of%3D198.51.100.2"
        )


def test_an_answer_that_never_comes_is_given_up(visit: Any, answers: Answers) -> None:
    """It says that it reads, and after 20 s that there was no answer; another row does not wait for it."""
    page = visit()
    page.route("**/security/detail/*", lambda _route: answers.asked.append("waits"))
    page.evaluate("() => { location.hash = 'of=198.51.100.2'; }")
    page.wait_for_selector("#ideolab-dialog[aria-busy=true]")
    assert page.inner_text(BODY) == "Reading what is known ..."
    page.clock.run_for(20_000)
    page.wait_for_selector("#ideolab-dialog[aria-busy=false]")
    assert (
        page.inner_text(f"{BODY} .ideolab-message")
        == "The site did not answer. Nothing is known of this now."
    )


def test_hostile_texts_are_texts(visit: Any, answers: Answers) -> None:
    """Markup, marks that turn the direction of writing, 10,000 characters, links that are programs."""
    pairs = [[text, text] for text in HOSTILE]
    found = detail()
    answers.detail = {
        **found,
        "title": HOSTILE[0],
        "origin": pairs,
        "facts": pairs,
        "fingerprints": list(HOSTILE),
        "hidden": list(HOSTILE),
        "agents": [{"agent": text, "count": 1} for text in HOSTILE],
        "paths": [{"path": text, "count": 1, "status": text, "last": text} for text in HOSTILE],
        "phases": [{"ts": None, "score": None, "connections": None, "text": text} for text in HOSTILE],
        "audit": [
            dict.fromkeys(("ts", "of", "who", "action", "state", "reason", "said"), text) for text in HOSTILE
        ],
        "bans": [{**found["bans"][0], "jail": text, "reason": text, "state": text} for text in HOSTILE],
        "url": "//evil.example/",
        "buttons": [
            {"action": "ban", "of": "x", "label": HOSTILE[2], "url": url}
            for url in (
                "javascript:window.hacked=9",
                "https://evil.example/",
                "data:text/html,x",
                "/admin/own/",
            )
        ],
    }
    page = visit("#of=198.51.100.2")
    page.wait_for_selector(".ideolab-parts")
    assert page.evaluate("() => window.hacked") is None
    assert page.locator(f"{BODY} :is(script, img)").count() == 0
    assert page.evaluate(
        "() => [...document.querySelectorAll('.ideolab-buttons a')].map(one => one.pathname)"
    ) == ["/admin/own/"]
    text = page.inner_text(BODY)
    assert HOSTILE[1] in text
    assert "\\u202egnp.exe \\u2066txt\\u2069 \\u200b\\x00\\x1b[31m" in text
    assert "\u202e" not in text
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        assert (
            page.evaluate(
                """() => [document.documentElement, ...document.querySelectorAll('dialog, dialog *')]
                  .filter(one => getComputedStyle(one).display !== 'inline' && one.clientWidth)
                  .filter(one => one.scrollWidth > one.clientWidth + 1)
                  .map(one => one.outerHTML.slice(0, 80))"""
            )
            == []
        )


def test_a_hash_that_names_nothing_opens_nothing(visit: Any, answers: Answers) -> None:
    """Neither another hash, nor one that is broken."""
    page = visit("#of=%E0%A4%A")
    page.evaluate("() => { location.hash = 'ideolab-sources'; }")
    page.wait_for_timeout(200)
    assert "detail" not in answers.asked
    assert not page.is_visible("#ideolab-dialog")


def test_without_scripts_a_row_leads_to_its_page(visit: Any) -> None:
    """The page of an address, and the list of a network; periods are links."""
    page = visit(java_script_enabled=False)
    links = page.locator("[data-rows] tr:first-child a.ideolab-of")
    assert [one.get_attribute("href") for one in links.all()] == [
        "/admin/ideolab_accesslog/traship/address/198.51.100.2/",
        "/admin/ideolab_accesslog/connmonevent/?q=AS64496",
        "/admin/ideolab_accesslog/traship/?q=198.51.0.0/24",
        "/admin/ideolab_accesslog/traship/address/2001:db8:0:0::/64/",
        "/admin/ideolab_accesslog/traship/address/198.51.100.1/",
    ]
    page.click("text=7 days")
    assert page.inner_text(".ideolab-periods [aria-current]") == "7 days"
