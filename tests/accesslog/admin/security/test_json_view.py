"""Who may ask for the dashboard's values, and how the others are refused."""

from __future__ import annotations

import gzip
import json
from typing import Any

import django
import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from ideolab_accesslog.dashboard.kept import kept

VIEWS = ("data", "stream", "detail")
#: what a site may have in front of all others
KEEPING = (
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
)


def make_client(*permissions: str, is_staff: bool = True) -> Client:
    """A client that is signed in as someone with these permissions."""
    user = User.objects.create_user("someone", is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def make_url(name: str) -> str:
    """The address of a view."""
    return str(reverse(f"admin:ideolab_accesslog_security_{name}"))


@pytest.mark.django_db
@pytest.mark.parametrize("name", VIEWS)
def test_strangers_get_403_and_no_page(name: str) -> None:
    """A program that asks must not get the login page: it would take it for data."""
    answers = [Client().get(make_url(name)), make_client("view_security", is_staff=False).get(make_url(name))]

    for answer in answers:
        assert (answer.status_code, answer.json()) == (
            403,
            {"error": "signed-out", "text": "You are signed out. Sign in again."},
        )


@pytest.mark.django_db
@pytest.mark.parametrize("name", VIEWS)
def test_the_permission_is_asked_before_the_cache(name: str) -> None:
    """Also where the answer is there already."""
    make_url("data")
    User.objects.create_superuser("root")
    root = Client()
    root.force_login(User.objects.get(username="root"))
    root.get(make_url("data"))
    answer = make_client("view_traship", "view_connmonevent").get(make_url(name))

    assert (answer.status_code, answer.json()["error"]) == (403, "forbidden")


@pytest.mark.django_db
def test_only_get() -> None:
    """And nothing of an answer is kept by anybody."""
    client = make_client("view_security")
    answer = client.get(make_url("data"))

    assert client.post(make_url("data")).status_code == 405
    assert client.head(make_url("data")).status_code == 200
    assert (answer.status_code, answer["Cache-Control"], answer["X-Content-Type-Options"]) == (
        *(200, "private, no-store, no-transform", "nosniff"),
    )


@pytest.mark.django_db
@pytest.mark.skipif(django.VERSION < (5, 1), reason="Django has no LoginRequiredMiddleware")
def test_a_site_that_requires_a_login(settings: Any) -> None:
    """Its middleware sends no program to the login page either."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "django.contrib.auth.middleware.LoginRequiredMiddleware"]

    assert Client().get(make_url("data")).status_code == 403


@pytest.mark.django_db
def test_a_site_that_caches_and_compresses(settings: Any) -> None:
    """Each answer is new, with those of Django's middlewares that keep, compare and pack answers."""
    settings.MIDDLEWARE = [*KEEPING, *settings.MIDDLEWARE, "django.middleware.cache.FetchFromCacheMiddleware"]
    client = make_client("view_security")
    first = client.get(make_url("data"), headers={"accept-encoding": "gzip"})
    kept.forget()
    later = client.get(make_url("data"), headers={"if-none-match": "*"})

    assert (first["Content-Encoding"], first.has_header("ETag")) == ("gzip", False)
    assert json.loads(gzip.decompress(first.content))["period"] == "24h"
    assert (later.status_code, later.has_header("Content-Encoding")) == (200, False)
    User.objects.all().delete()
    assert client.get(make_url("data")).status_code == 403
