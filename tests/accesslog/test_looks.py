"""What lists and pages look like in Chromium, in each theme: nothing is cut off, everything can be read."""

from __future__ import annotations

import mimetypes
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from time import monotonic
from typing import Any, Callable
from urllib.parse import urlsplit

import pytest

from demo.lab.child import REPOSITORY
from tests.accesslog.browser import chromium

pytestmark = pytest.mark.needs("chromium")

LISTS = ("traship", "accesslog", "firewallactionlog")
OWN_PAGES = {
    "confirm": "Are you sure?",
    "ban": "Ban addresses",
    "ban-errors": "Ban addresses",
    "stats": "Statistics",
    "traffic": "Traffic",
    "address-ban": "Are you sure?",
    "address": "2001:db8:aaaa:bbbb::/64",
    "security-ban": "Ban 2001:db8:aaaa:bbbb::/64?",
    "security-ban-refused": "Ban 127.0.0.1?",
    "security-unban": "Lift the ban of 2001:db8:aaaa:bbbb::/64?",
    "security-attack": "Security dashboard",
}
THEMES = ("", "unfold", "jazzmin")
#: the oldest releases whose links have the contrast, and whose dark colours `darken` can switch on; for
#: Python 3.9 there are older ones: the pages were looked at with unfold 0.67 and jazzmin 3.0.1, not measured
OLDEST = {"unfold": (0, 91), "jazzmin": (3, 0, 5)}
#: where each package has its static files
_STATIC = ("django.contrib.admin", "unfold", "jazzmin", "ideolab_accesslog")
#: what WCAG 2.1 asks of text of this size
CONTRAST = 4.5
#: seconds that a page may take to lay itself out
PATIENCE_S = 30
#: of a line that is there at all
BORDER = 1.15
#: what unfold 0.110 says of each dialog, also of those that are not its own, and jazzmin 3.0.1 of the content
FOREIGN = """
dialog { position: relative; top: 50%; left: 50%; width: 28rem; translate: -50% -50%; }
:has(> .ideolab-security) { display: flex; flex-wrap: wrap; }
"""

_MEASURES = """
const colour = text => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return {rgb: [r, g, b], a: a / 255};
};
const over = (top, below) => top.rgb.map((value, i) => value * top.a + below[i] * (1 - top.a));
const ground = element => {
  const layers = [];
  for (let one = element; one; one = one.parentElement) {
    const found = colour(getComputedStyle(one).backgroundColor);
    layers.push(found);
    if (found.a > .99) break;
  }
  const dark = getComputedStyle(document.documentElement).colorScheme.includes('dark')
    && matchMedia('(prefers-color-scheme: dark)').matches;
  return layers.reverse().reduce((below, layer) => {
    const rgb = layer.rgb.map((v, i) => layer.a ? v : below[i]);
    return rgb.map((v, i) => v * layer.a + below[i] * (1 - layer.a));
  }, dark ? [18, 18, 18] : [255, 255, 255]);
};
const light = rgb => {
  const [r, g, b] = rgb.map(v => v / 255).map(v => v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
};
window.contrast = element => {
  const below = ground(element);
  const [a, b] = [light(over(colour(getComputedStyle(element).color), below)), light(below)];
  return (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
};
window.borderContrast = element => {
  const style = getComputedStyle(element), below = ground(element.parentElement);
  const [a, b] = [light(over(colour(style.borderTopColor), below)), light(below)];
  return parseFloat(style.borderTopWidth) > 0 ? (Math.max(a, b) + .05) / (Math.min(a, b) + .05) : 1;
};
window.shown = selector => [...document.querySelectorAll(selector)].filter(one => one.offsetParent !== null);
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module", params=THEMES, ids=["stock", "unfold", "jazzmin"])
def rendered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages in a theme, as files."""
    theme: str = request.param
    if theme and find_spec(theme) is None:
        pytest.skip(f"{theme} is not installed for this Python")
    if theme and tuple(map(int, version(f"django-{theme}").split("."))) < OLDEST[theme]:
        pytest.skip(f"this {theme} is too old to be measured")
    directory = tmp_path_factory.mktemp("looks") / (theme or "stock")
    directory.mkdir()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")},
        "DJANGO_SETTINGS_MODULE": "tests.accesslog.settings",
        "DJANGO_THEME": theme,
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.accesslog.themed", str(directory)],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return directory


def _answer(route: Any, rendered: Path) -> None:
    """Serve a page from its file, and static files from their packages; no other host is asked."""
    url = urlsplit(route.request.url)
    if url.path.startswith("/static/"):
        for package in _STATIC:
            spec = find_spec(package)
            for place in (spec.submodule_search_locations or ()) if spec else ():
                path = Path(place) / "static" / url.path[len("/static/") :]
                if path.is_file():
                    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
                    route.fulfill(body=path.read_bytes(), content_type=kind)
                    return
    page = rendered / f"{url.path[1:]}.html"
    if url.hostname == "site.test" and page.is_file():
        route.fulfill(body=page.read_bytes(), content_type="text/html; charset=utf-8")
        return
    route.fulfill(status=404, body="")


@pytest.fixture(scope="module")
def context(browser: Any, rendered: Path) -> Iterator[Any]:
    """A window for the pages of a theme; no other host is asked."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900})
    opened.add_init_script(f"window.theme = '{rendered.name}';{_MEASURES}")
    opened.route("**/*", lambda route: _answer(route, rendered))
    yield opened
    opened.close()


@pytest.fixture
def visit(context: Any) -> Iterator[Callable[[str], Any]]:
    """A function that opens a rendered page."""
    page = context.new_page()

    def open_page(name: str) -> Any:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(f"http://site.test/{name}")
        return page

    yield open_page
    page.close()


def darken(page: Any) -> None:
    """Switch to the dark colours, as the system's setting or the theme's own switch does, without a fade."""
    page.add_style_tag(content="* { transition: none !important; }")
    page.emulate_media(color_scheme="dark")
    # jazzmin sets this when a page is loaded, unfold the class a moment after the system's change
    page.evaluate("() => { if (theme === 'jazzmin') document.documentElement.dataset.bsTheme = 'dark'; }")
    page.wait_for_function("() => theme !== 'unfold' || document.documentElement.classList.contains('dark')")


def narrow(page: Any) -> None:
    """Make it a telephone."""
    page.set_viewport_size({"width": 390, "height": 844})


def measure(page: Any, script: str, argument: Any = None) -> list[str]:
    """What a script finds wrong; it is asked until that is nothing, because themes lay out by scripts."""
    ends = monotonic() + PATIENCE_S
    while True:
        found: list[str] = page.evaluate(script, argument)
        if not found or monotonic() > ends:
            return found
        page.wait_for_timeout(100)


def cut(page: Any) -> list[str]:
    """The cells of the list that end beyond their frame or the window, and those whose text does."""
    return measure(
        page,
        """() => {
          const table = document.getElementById('result_list');
          const right = Math.min(table.parentElement.getBoundingClientRect().right, innerWidth) + 1;
          return shown('#result_list :is(th, td, .ideolab-badge, .ideolab-path, time)')
            .filter(one => one.getBoundingClientRect().right > right
              || getComputedStyle(one).overflowX === 'hidden' && one.scrollWidth > one.clientWidth + 1
              || getComputedStyle(one).overflowY === 'hidden' && one.scrollHeight > one.clientHeight + 1)
            .map(one => `${one.tagName} ${one.className}: ${one.innerText.slice(0, 40)}`);
        }""",
    )


def beyond(page: Any, width: int, selector: str) -> list[str]:
    """The elements that end beyond the window, the page itself among them."""
    return measure(
        page,
        """([selector, width]) => [
            ...document.documentElement.scrollWidth > width ? ['the page'] : [],
            ...shown(selector).filter(one => one.getBoundingClientRect().right > width)
              .map(one => `${one.tagName} ${one.className}`)]""",
        [selector, width],
    )


def faint(page: Any, kind: str, least: float, *selectors: str) -> list[str]:
    """The elements of the selectors whose contrast is less."""
    return measure(
        page,
        f"""([selectors, least]) => selectors.flatMap(one => shown(one)).filter(one => {kind}(one) < least)
            .map(one => `${{{kind}(one).toFixed(2)}} ${{one.tagName}}.${{one.className}}`
              + ` ${{getComputedStyle(one).color}} ${{one.innerText.slice(0, 30)}}`)""",
        [selectors, least],
    )


#: where the dialog is, unless it stands amid the window and wholly in it
_DIALOG = """() => {
  const {left, right, top, bottom} = document.querySelector('dialog').getBoundingClientRect();
  const isAmid = Math.abs(left + right - innerWidth) < 2 && Math.abs(top + bottom - innerHeight) < 2;
  return isAmid && left > 0 && top > 0 ? [] : [left, right, top, bottom];
}"""


@pytest.mark.parametrize("name", LISTS)
def test_lists_fit_and_can_be_read(visit: Callable[[str], Any], name: str) -> None:
    """With the menu and the filters open no column leaves the window; on a telephone a row is a card."""
    page = visit(name)
    assert cut(page) == []
    assert page.evaluate("() => shown('#result_list tbody tr:first-child > *').length") >= 6
    # who enforces a ban does not fit into a tick or a cross
    assert page.locator("#result_list img").count() == 0
    texts = (".ideolab-badge", ".ideolab-below", "#result_list td", "a.ideolab-address")
    assert faint(page, "contrast", CONTRAST, *texts) == []
    darken(page)
    assert faint(page, "contrast", CONTRAST, *texts) == []
    narrow(page)
    assert cut(page) == []
    assert beyond(page, 390, "#result_list td") == []


@pytest.mark.parametrize("name", OWN_PAGES)
def test_own_pages_keep_title_borders_and_colours(visit: Callable[[str], Any], name: str) -> None:
    """Whatever the theme does with the blocks and variables of Django's own templates."""
    page = visit(name)
    assert page.evaluate("() => shown('h1, h2, h3').map(one => one.innerText)").count(OWN_PAGES[name]) == 1
    boxes = (".ideolab-card", ".ideolab-form textarea", ".ideolab-form input[type=text]")
    texts = (
        "h1.ideolab-title",
        ".ideolab-card td, .ideolab-card th",
        ".ideolab-form label, .ideolab-form p",
        ".submit-row input",
    )
    fields = ".ideolab-card, .ideolab-form textarea, .ideolab-form input"
    assert beyond(page, 1280, fields) == []
    for scheme in ("light", "dark"):
        if scheme == "dark":
            darken(page)
        assert faint(page, "borderContrast", BORDER, *boxes) == [], scheme
        assert faint(page, "contrast", CONTRAST, *texts) == [], scheme
    narrow(page)
    assert beyond(page, 390, fields) == []


@pytest.mark.parametrize("name", [f"{name}-{kind}" for name in LISTS for kind in ("row", "empty")])
def test_other_pages_fit(visit: Callable[[str], Any], name: str) -> None:
    """The page of a row, whose name may be a long path, and a list without rows."""
    page = visit(name)
    assert beyond(page, 1280, ".readonly") == []
    narrow(page)
    assert beyond(page, 390, ".readonly") == []


@pytest.mark.parametrize("name", ["stats", "traffic", "security-attack"])
def test_a_chart_follows_the_switch_of_the_theme(visit: Callable[[str], Any], name: str) -> None:
    """Its axes have the colour of the text beside them, also in a theme that fades from one to the other."""
    page = visit(name)
    page.add_style_tag(content="* { transition: color .2s !important; }")
    for is_dark in (True, False):
        page.emulate_media(color_scheme="dark" if is_dark else "light")
        page.evaluate(
            """dark => {
              const root = document.documentElement;
              if (theme === 'jazzmin') root.dataset.bsTheme = dark ? 'dark' : 'light';
              if (theme === 'unfold') root.classList.toggle('dark', dark);
            }""",
            is_dark,
        )
        page.wait_for_timeout(400)
        found = measure(
            page,
            """() => {
              const text = getComputedStyle(document.querySelector('.ideolab-chart')).color;
              const { scales, plugins } = Chart.getChart('ideolab-chart').options;
              return [scales.x.ticks.color, scales.y.ticks.color, plugins.legend.labels.color]
                .filter(one => one !== text);
            }""",
        )
        assert found == [], is_dark


@pytest.mark.parametrize("name", ["stats", "traffic", "address", "security-attack"])
def test_links_do_not_look_like_text(visit: Callable[[str], Any], name: str) -> None:
    """A theme that resets the colour of links leaves ours one."""
    page = visit(name)
    script = """() => {
      const text = getComputedStyle(document.querySelector('.ideolab')).color;
      return shown('.ideolab a').filter(one => getComputedStyle(one).color === text)
        .map(one => one.innerText);
    }"""
    assert page.locator(".ideolab a").count() > 0
    assert measure(page, script) == []
    darken(page)
    assert measure(page, script) == []
    assert faint(page, "contrast", CONTRAST, ".ideolab a") == []


@pytest.mark.parametrize("name", ["security-attack", "security-alarm", "security-unknown"])
def test_the_dashboard_fits_and_can_be_read(visit: Callable[[str], Any], name: str) -> None:
    """Its verdict, cards, tables and dialog, in the colours of each theme."""
    page = visit(name)
    page.wait_for_function("() => Chart.getChart('ideolab-chart') !== undefined")
    boxes = (".ideolab-kcard", ".ideolab-panel")
    texts = (
        ".ideolab-verdict :is(p, li)",
        ".ideolab-security :is(h1, h2, h3, th, td, dt, dd, time, bdi, summary)",
        ".ideolab-security :is(.ideolab-value, .ideolab-below, .ideolab-badge, .ideolab-live)",
        ".ideolab-security a",
    )
    for scheme in ("light", "dark"):
        if scheme == "dark":
            darken(page)
        assert faint(page, "borderContrast", BORDER, *boxes) == [], scheme
        assert faint(page, "contrast", CONTRAST, *texts) == [], scheme
    page.add_style_tag(content=FOREIGN)
    assert page.evaluate("() => document.querySelector('.ideolab-security').clientWidth") > 900
    page.evaluate("() => { location.hash = 'of=198.51.100.2'; }")
    page.wait_for_selector(".ideolab-message")
    assert faint(page, "contrast", CONTRAST, "dialog h2", "dialog .ideolab-message", "dialog button") == []
    assert measure(page, _DIALOG) == []
    narrow(page)
    assert measure(page, _DIALOG) == []
    assert beyond(page, 390, "dialog, .ideolab-kcard, .ideolab-panel, .ideolab-verdict") == []


def test_the_links_of_the_list_leave_its_title_room(visit: Callable[[str], Any]) -> None:
    """On a telephone, where a theme has both in one row."""
    page = visit("traship")
    narrow(page)
    found = measure(
        page,
        """() => {
          const box = one => { const range = new Range(); range.selectNodeContents(one);
            return range.getBoundingClientRect(); };
          const meet = (a, b) => a.left < b.right && a.right > b.left && a.top < b.bottom && a.bottom > b.top;
          const titles = shown('h1'), tools = shown('.ideolab-tool');
          return [
            ...tools.filter(tool => box(tool).right > innerWidth || box(tool).height > 30),
            ...tools.filter(tool => titles.some(title => meet(box(tool), title.getBoundingClientRect()))),
            ...titles.flatMap(title => [...title.querySelectorAll('a')])
              .filter(one => one.clientWidth < Math.min(one.scrollWidth, 30)),
          ].map(one => `${one.className}: ${one.innerText}`);
        }""",
    )
    assert found == []


@pytest.mark.parametrize("name", ["address", "confirm", "address-ban", "stats"])
def test_nothing_ends_beyond_its_card(visit: Callable[[str], Any], name: str) -> None:
    """A long reason breaks, and on a telephone the state of an address is not behind the edge."""
    page = visit(name)
    script = """() => shown('.ideolab-timeline > li *, .ideolab-cards td, .ideolab-cards td *')
      .filter(one => {
        const card = one.closest('.ideolab-card').getBoundingClientRect();
        const box = one.getBoundingClientRect();
        return box.right > card.right + 1 || box.bottom > card.bottom + 1;
      }).map(one => `${one.tagName} ${one.className}: ${one.innerText.slice(0, 40)}`)"""
    assert page.locator(".ideolab-timeline > li, .ideolab-cards td").count() > 0
    assert measure(page, script) == []
    narrow(page)
    assert measure(page, script) == []


@pytest.mark.parametrize("name", ["traship", "traship-row", "confirm"])
def test_bans_are_words(visit: Callable[[str], Any], name: str) -> None:
    """A ban is not good news, and no ban is no fault: there is neither a tick nor a cross."""
    page = visit(name)
    icons = "img[src*='icon-'], .boolean, i.fa-check-circle, i.fa-times-circle, .fa-check, .fa-check-circle"
    assert page.locator(f":is(#result_list, fieldset, .ideolab-form) :is({icons})").count() == 0
    assert (page.locator("text='not banned'").count() > 0) is (name != "traship-row")
    good = page.locator(".ideolab-badge-good").all_inner_texts()
    assert [text for text in good if text != "in the firewall"] == []


@pytest.mark.parametrize("name", LISTS)
def test_the_filter_by_time_is_small(visit: Callable[[str], Any], name: str) -> None:
    """Four times and two days, whatever the theme makes of a filter."""
    page = visit(name)
    assert page.locator(".ideolab-days input[type=date]").count() == 2
    assert page.locator("[href*='period=']").count() in (0, 4)
    narrow(page)
    assert beyond(page, 390, ".ideolab-days *") == []


@pytest.mark.parametrize("name", [f"{name}-row" for name in LISTS])
def test_the_tools_of_a_row_lie_flat(visit: Callable[[str], Any], name: str) -> None:
    """Beside a path of hundreds of characters."""
    page = visit(name)
    script = """() => shown('.object-tools a, a.historylink')
      .filter(one => one.getBoundingClientRect().height > one.getBoundingClientRect().width)
      .map(one => one.innerText)"""
    assert measure(page, script) == []
