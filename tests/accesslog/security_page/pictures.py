"""Pictures of the security dashboard: `python -m tests.accesslog.security_page.pictures RENDERED PICTURES`.

RENDERED is a directory of `tests.accesslog.themed`. What the page asks for is answered from states.
"""

from __future__ import annotations

import json
import mimetypes
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.accesslog.browser import chromium
from tests.accesslog.security_page.states import STATES, detail

#: where each package has its static files
PACKAGES = ("django.contrib.admin", "unfold", "jazzmin", "ideolab_accesslog")
WIDTHS = (390, 1280, 1920)


def find_static(path: str) -> Path | None:
    """The static file of a path below /static/."""
    for package in PACKAGES:
        spec = find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            found = Path(place) / "static" / path
            if found.is_file():
                return found
    return None


def serve(route: Any, rendered: Path) -> None:
    """Answer from the rendered pages, the packages' static files and the states."""
    path = urlsplit(route.request.url).path
    page = rendered / f"{path[1:]}.html"
    if path.startswith("/static/") and (found := find_static(path[len("/static/") :])):
        kind = mimetypes.guess_type(found.name)[0] or "application/octet-stream"
        route.fulfill(body=found.read_bytes(), content_type=kind)
    elif path.endswith("/security/data/"):
        name = urlsplit(route.request.headers["referer"]).path[len("/security-") :]
        route.fulfill(body=json.dumps(STATES[name]()), content_type="application/json")
    elif path.endswith("/security/detail/"):
        route.fulfill(body=json.dumps(detail()), content_type="application/json")
    elif page.is_file():
        route.fulfill(body=page.read_bytes(), content_type="text/html; charset=utf-8")
    else:
        route.fulfill(status=404, body="")


def open_page(page: Any, url: str, scheme: str, theme: str) -> None:
    """Open a page in light or dark colours, as the system or the theme's own switch chooses them."""
    page.emulate_media(color_scheme=scheme)
    page.goto(url)
    page.add_style_tag(content="* { transition: none !important; }")
    if theme == "jazzmin":
        page.evaluate("scheme => { document.documentElement.dataset.bsTheme = scheme; }", scheme)
    if theme == "unfold":
        page.wait_for_function(
            "dark => document.documentElement.classList.contains('dark') === dark", arg=scheme == "dark"
        )


def take_picture(page: Any, path: Path, width: int = 1280, *, is_whole: bool = True) -> None:
    """Take a picture of an opened dashboard, once its chart is drawn."""
    page.set_viewport_size({"width": width, "height": 900})
    page.wait_for_function("() => Chart.getChart('ideolab-chart') !== undefined")
    # the chart follows the width in the next frames
    page.wait_for_timeout(400)
    page.screenshot(path=path, full_page=is_whole)


def main(rendered: Path, pictures: Path) -> None:
    """Take each state at each width, light and dark, and the dialog."""
    theme = rendered.name
    with chromium() as browser:
        page = browser.new_page()
        page.on("console", lambda message: print(theme, message.text))
        page.on("pageerror", lambda error: print(theme, error))
        page.route("**/*", lambda route: serve(route, rendered))
        for name in STATES:
            for scheme in ("light", "dark"):
                open_page(page, f"http://site.test/security-{name}", scheme, theme)
                for width in WIDTHS if name in ("attack", "alarm") else (1280,):
                    take_picture(page, pictures / f"{theme}-{name}-{scheme}-{width}.png", width)
                if name == "attack":
                    for width in (390, 1280):
                        page.set_viewport_size({"width": width, "height": 900})
                        page.evaluate("() => { location.hash = 'of=198.51.100.2'; }")
                        page.wait_for_selector(".ideolab-parts")
                        page.screenshot(path=pictures / f"{theme}-dialog-{scheme}-{width}.png")
                        page.keyboard.press("Escape")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
