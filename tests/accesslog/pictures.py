"""The pictures of the security dashboard in README and docs, of the played attack at one fixed time.

.venv/bin/python -m tests.accesslog.pictures [DIRECTORY] [--seed N]
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from tests.accesslog.browser import chromium
from tests.accesslog.palette import shrink

REPOSITORY = Path(__file__).resolve().parents[2]
#: what the clocks of the site and of the browser show
NOW = datetime(2026, 12, 1, 21, 37, tzinfo=timezone.utc)
EVENTS = 3000
#: bytes of one picture
MOST = 250_000
#: between two readings of fail2ban's metrics: a rate needs a minute
_BEFORE = timedelta(seconds=90)
_READY = "() => document.fonts.status === 'loaded' && Boolean(window.Chart?.getChart('ideolab-chart'))"


class Picture(NamedTuple):
    """One file: colours, size of the window, and the address whose window is open."""

    name: str
    scheme: str
    width: int
    height: int
    of: str = ""


PICTURES = (
    Picture("security-dashboard", "light", 1280, 1500),
    Picture("security-dashboard-dark", "dark", 1280, 1500),
    Picture("security-dashboard-phone", "light", 390, 1700),
    Picture("security-dashboard-detail", "light", 1280, 1000, of="198.18.0.61"),
)


class _AnyDatetime(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, datetime)


class StoppedClock(datetime, metaclass=_AnyDatetime):
    """A datetime whose now() is NOW; every other datetime is an instance of it too."""

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        """Return NOW."""
        return NOW.astimezone(tz) if tz else NOW.replace(tzinfo=None)


def set_up(directory: Path) -> None:
    """Make the site in this process; its clock stands still."""
    import django
    from django.conf import settings
    from django.utils import timezone as clock

    from ideolab_accesslog.demo.project import make_settings

    # before the models are read: their defaults are this function
    setattr(clock, "now", lambda: NOW)  # noqa: B010
    settings.configure(**make_settings(directory))
    django.setup()
    # the modules of the app's pages are all imported by then
    for name, module in list(sys.modules.items()):
        if name.startswith("ideolab_accesslog") and getattr(module, "datetime", None) is datetime:
            setattr(module, "datetime", StoppedClock)  # noqa: B010


def fill(directory: Path, seed: int) -> None:
    """Play the attack, and an import that has read all."""
    from django.core.management import call_command

    from ideolab_accesslog.demo import people, project, store
    from ideolab_accesslog.events.file.rejects import RejectFile
    from ideolab_accesslog.events.importer import Importer

    call_command("migrate", verbosity=0)
    people.create("admin", "pictures")
    store.fill(EVENTS, NOW, seed)
    events = directory / project.EVENTS
    events.touch()
    Importer(events, RejectFile(directory / project.REJECTS), print).run()


def write_metrics(directory: Path, at: datetime, seed: int) -> None:
    """Write the metrics of this time, as old as they say."""
    from ideolab_accesslog.demo import events, metrics

    metrics.write_files(directory, at, events.count_active(at), Random(seed))
    for name in metrics.FILES:
        os.utime(directory / name, (at.timestamp(), at.timestamp()))


@contextmanager
def serve() -> Iterator[str]:
    """Serve the site with its static files; the address."""
    from django.contrib.staticfiles.handlers import StaticFilesHandler
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    class Handler(WSGIRequestHandler):
        """Says nothing."""

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadedWSGIServer(("127.0.0.1", 0), Handler)
    server.set_app(StaticFilesHandler(get_wsgi_application()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def log_in(browser: Any, base: str, **options: Any) -> Any:
    """A page of a new window of the admin, whose clock stands still."""
    context = browser.new_context(timezone_id="UTC", locale="en-GB", **options)
    page = context.new_page()
    page.clock.set_fixed_time(NOW)
    page.goto(f"{base}/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "pictures")
    page.click("[type=submit]")
    page.wait_for_function(_READY)
    return page


def take(browser: Any, base: str, picture: Picture, path: Path) -> None:
    """Take one picture."""
    size = {"width": picture.width, "height": picture.height}
    page = log_in(browser, base, viewport=size, color_scheme=picture.scheme)
    if picture.of:
        page.goto(f"{base}/admin/ideolab_accesslog/security/#of={picture.of}")
        page.wait_for_selector("#ideolab-dialog[open][aria-busy=false]")
    page.wait_for_function(_READY)
    page.screenshot(path=path, animations="disabled")
    page.context.close()


def take_all(directory: Path, site: Path, seed: int) -> list[str]:
    """Take all pictures; return what is wrong with them."""
    from ideolab_accesslog.dashboard.kept import kept

    wrong = []
    with serve() as base, chromium() as browser:
        write_metrics(site, NOW - _BEFORE, seed)
        first = log_in(browser, base)
        first.wait_for_timeout(6000)
        first.context.close()
        write_metrics(site, NOW, seed)
        # it would be shown for two seconds more
        kept.forget()
        for picture in PICTURES:
            path = directory / f"{picture.name}.png"
            take(browser, base, picture, path)
            size = shrink(path)
            print(f"{path}: {size // 1000} kB")
            wrong += [f"{path}: {size} bytes, at most {MOST}"] if size > MOST else []
    return wrong


def main(words: Sequence[str]) -> int:
    """0 when every picture is taken and small enough."""
    parser = argparse.ArgumentParser(prog="python -m tests.accesslog.pictures", description=__doc__)
    parser.add_argument("directory", nargs="?", type=Path, default=REPOSITORY / "docs/img")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="ideolab-pictures-") as site:
        set_up(Path(site))
        fill(Path(site), options.seed)
        wrong = take_all(options.directory, Path(site), options.seed)
    print(*wrong, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
