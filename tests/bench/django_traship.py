"""What TrashIP costs a request, and its filter fail2ban: run `python tests/bench/django_traship.py`.

A request that meets no rule, a refused one and a 404, each beside the same site without the app; the variants
take turns in short blocks, and the smallest block of each counts. Then the lines a CPU-second that the filter
reads, beside fail2ban's own nginx-limit-req. Exit 1: over a limit.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.accesslog.settings"
# its rows are another bench's
os.environ["DJANGO_ACCESSLOG_ENABLED"] = "0"

import django  # noqa: E402

django.setup()

from django.core.handlers.wsgi import WSGIHandler  # noqa: E402
from django.test import RequestFactory, override_settings  # noqa: E402
from fail2ban.server.filter import Filter  # noqa: E402

from ideolab_accesslog.access.client_ip import Client  # noqa: E402
from ideolab_accesslog.scheduler import scheduler  # noqa: E402
from ideolab_accesslog.traship import banned, gate  # noqa: E402
from tests.bench.filter import BASE, LIMIT, Case, filled, lines_per_s, loaded  # noqa: E402
from tests.nginx.replay import quiet  # noqa: E402

ROUNDS, BLOCK = 40, 60
ADDRESS = "198.51.100.7"
#: us of check_request() for a page; us that a 404 may cost more; a refused request's share of a bare page
BEFORE_US, MISSING_US, REFUSED = 1.0, 40.0, 0.6
_LINE = (
    "2026-11-22T14:52:01+0000 traship: {kind} 198.51.100.{host} reason=sensitive_path status=403 method=GET "
    'path="/.env-{number}" agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36" rule="dotfile"'
)


def handler(with_app: bool) -> WSGIHandler:
    from django.conf import settings

    names = [name for name in settings.MIDDLEWARE if with_app or "ideolab" not in name]
    with override_settings(MIDDLEWARE=names):
        return WSGIHandler()


def asked(serve: WSGIHandler, path: str) -> Callable[[], None]:
    environ = RequestFactory(REMOTE_ADDR=ADDRESS).get(path).environ

    def ask() -> None:
        response: Any = serve(dict(environ), lambda *_words: None)
        response.close()

    return ask


def best_us(variants: dict[str, Callable[[], None]]) -> dict[str, float]:
    best = dict.fromkeys(variants, float("inf"))
    for _ in range(ROUNDS):
        for name, ask in variants.items():
            began = perf_counter()
            for _ in range(BLOCK):
                ask()
            best[name] = min(best[name], (perf_counter() - began) / BLOCK * 1e6)
            gate._pending.forget()
    return best


def requests() -> bool:
    # the thread's work is another's; here only what the visitor waits for
    scheduler.start = lambda: None  # type: ignore[method-assign]
    bare, ours = handler(False), handler(True)
    best = best_us(
        {
            "bare page": asked(bare, "/ok/"),
            "page": asked(ours, "/ok/"),
            "bare 404": asked(bare, "/nope/"),
            "404": asked(ours, "/nope/"),
            "sensitive": asked(ours, "/.env"),
        }
    )
    banned.current = frozenset({ADDRESS})
    best |= best_us({"banned": asked(ours, "/ok/")})
    banned.current = frozenset()
    request, client = RequestFactory().get("/ok/"), Client(ADDRESS, True)
    before = best_us({"before": lambda: gate.check_request(request, client) and None})["before"]
    missing = best["404"] - best["bare 404"]
    shares = {name: best[name] / best["bare page"] for name in ("sensitive", "banned")}
    for name, value in best.items():
        print(f"{name}: {value:.1f} us")
    print(f"check_request() of a page: {before:.2f} us (limit {BEFORE_US})")
    print(f"a 404: {missing:+.1f} us (limit {MISSING_US})")
    print(f"of a bare page: {', '.join(f'{n} {s:.2f}' for n, s in shares.items())} (limit {REFUSED})")
    return before <= BEFORE_US and missing <= MISSING_US and max(shares.values()) <= REFUSED


def lines() -> bool:
    quiet()
    case = Case(REPOSITORY, "ideolab-traship", "all", _LINE.replace("{kind}", "offence"))
    filters: list[Filter] = [loaded(BASE), loaded(case)]
    texts = [filled(BASE.line), filled(case.line)]
    other = filled(_LINE.replace("{kind}", "seen"))
    best = [0.0, 0.0, 0.0]
    for _ in range(10):
        best[0] = max(best[0], lines_per_s(filters[0], texts[0]))
        best[1] = max(best[1], lines_per_s(filters[1], texts[1]))
        best[2] = max(best[2], lines_per_s(filters[1], other))
    ratio = best[1] / best[0]
    print(f"nginx-limit-req: {best[0]:.0f} of its lines a CPU-second")
    print(f"ideolab-traship: {best[1]:.0f} ({ratio:.2f}, limit {LIMIT:.2f}), {best[2]:.0f} of others")
    return ratio >= LIMIT


if __name__ == "__main__":
    results = [requests(), lines()]
    sys.exit(0 if all(results) else 1)
