"""The recorded paths, and a site that serves the legitimate ones."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, re_path

PATHS = Path(__file__).parent / "paths"


def targets(name: str) -> list[tuple[str, str]]:
    """(source, target) of each line."""
    lines = [line for line in (PATHS / name).read_text().splitlines() if line and not line.startswith("#")]
    return [(source, target) for source, _tab, target in (line.partition("\t") for line in lines)]


def decode(target: str) -> str:
    """What Django calls request.path."""
    return unquote(target.partition("?")[0])


def page(_request: HttpRequest) -> HttpResponse:
    """Answer with a page."""
    return HttpResponse("a page")


_LEGIT = {decode(target) for _source, target in targets("legit.tsv")}
_SLUGS = {
    "/wp-migration-guide/", "/project/pmake/", "/sitemap.xml.gz", "/.well-known/openid-configuration",
    "/downloads/app-1.2.tar.gz", "/downloads/backup.zip", "/wordpress/", "/jenkins/login/", "/shop/index.php",
}  # fmt: skip
SERVED = sorted(_LEGIT | _SLUGS)


def _exactly(path: str) -> URLPattern:
    escaped = "".join(char if char.isalnum() or char in "/_-" else f"\\{char}" for char in path[1:])
    return re_path(f"^{escaped}$", page)


urlpatterns = [_exactly(path) for path in SERVED]
