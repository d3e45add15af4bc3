"""The pages of the site that is attacked."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from tests.redteam.paths import SENSITIVE


def home(_request: HttpRequest) -> HttpResponse:
    """Answer with a page that has a style sheet."""
    return HttpResponse("<!doctype html><title>site</title><link rel=stylesheet href=/style.css><p>It works.")


def style(_request: HttpRequest) -> HttpResponse:
    """Answer with the style sheet."""
    return HttpResponse("p { color: teal }", content_type="text/css")


def forum(_request: HttpRequest) -> HttpResponse:
    """Answer with a page into which a member has written pictures that are none."""
    return HttpResponse(
        "<!doctype html><title>forum</title>" + "".join(f"<img src={one}>" for one in SENSITIVE)
    )


urlpatterns = [path("", home), path("style.css", style), path("forum/", forum)]
