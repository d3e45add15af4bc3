"""The user of a request, from wherever the site has put it."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from functools import partial
from types import SimpleNamespace
from typing import Any, Callable

import django
import pytest
from django.contrib import auth
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser, Group
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, RequestFactory, override_settings
from django.test.utils import isolate_apps
from django.urls import path
from django.utils.functional import SimpleLazyObject
from rest_framework.authentication import BasicAuthentication, TokenAuthentication
from rest_framework.decorators import api_view, authentication_classes, permission_classes
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from ideolab_accesslog.access import recorder
from ideolab_accesslog.access.user import find_pk
from ideolab_accesslog.models import AccessLog

has_auser = pytest.mark.skipif(django.VERSION < (5, 0), reason="requests have no auser()")
BASIC = "Basic " + b64encode(b"bob:p").decode()


class Tokens(TokenAuthentication):
    """DRF's own, without its table."""

    def authenticate_credentials(self, key: str) -> Any:
        """Return the user who is named as the token."""
        return get_user_model().objects.get(username=key), key


def make_api(authentication: Any) -> Any:
    """A view of DRF that only users may see."""

    def view(request: Any) -> Response:
        return Response({"user": str(request.user)})

    wrapped = api_view(["GET"])(permission_classes([IsAuthenticated])(view))
    wrapped.cls.authentication_classes = [authentication]
    return wrapped


@api_view(["GET"])
@authentication_classes([Tokens])
def anybody(_request: Any) -> Response:
    """Answer everybody."""
    return Response({})


def set_user(request: HttpRequest) -> HttpResponse:
    """Set the user, as a middleware of the site does."""
    request.user = get_user_model().objects.get(username="bob")
    return HttpResponse("set")


def log_in(request: HttpRequest) -> HttpResponse:
    """Log in, as the form of a login does."""
    user = auth.authenticate(request, username="bob", password="p")  # noqa: S106
    assert user is not None
    auth.login(request, user)
    return HttpResponse("in")


def look(request: HttpRequest) -> HttpResponse:
    """Look at who asks."""
    return HttpResponse(str(request.user))


async def look_async(request: Any) -> HttpResponse:
    """Look at who asks, as a coroutine does."""
    return HttpResponse(str(await request.auser()))


def ignore(_request: HttpRequest) -> HttpResponse:
    """Do not ask."""
    return HttpResponse("anybody")


urlpatterns = [
    path("token/", make_api(Tokens)),
    path("basic/", make_api(BasicAuthentication)),
    path("anybody/", anybody),
    path("set/", set_user),
    path("login/", log_in),
    path("look/", look),
    path("async/", look_async),
    path("ignore/", ignore),
]
_REMOTE_USER = "django.contrib.auth.middleware.RemoteUserMiddleware"


@pytest.fixture
def bob(database: str, settings: Any) -> Any:
    """A user, and a site with these views."""
    settings.ROOT_URLCONF = __name__
    return get_user_model().objects.create_user("bob", password="p")  # noqa: S106


def users() -> list[Any]:
    assert recorder.flush()
    return list(AccessLog.objects.order_by("id").values_list("path", "user_id"))


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("/token/", {"HTTP_AUTHORIZATION": "Token bob"}),
        ("/anybody/", {"HTTP_AUTHORIZATION": "Token bob"}),
        ("/basic/", {"HTTP_AUTHORIZATION": BASIC}),
        ("/set/", {}),
        ("/login/", {}),
    ],
)
def test_who_is_known_late(bob: Any, target: str, words: dict[str, str]) -> None:
    """After the middlewares: by DRF, by a view, by a login."""
    assert Client().get(target, **words).status_code == 200

    assert users() == [(target, bob.pk)]


@pytest.mark.parametrize("target", ["/look/", pytest.param("/async/", marks=has_auser)])
def test_who_has_a_session(bob: Any, target: str) -> None:
    """Of request.user and of request.auser()."""
    client = Client()
    client.force_login(bob)
    client.get(target)

    assert users() == [(target, bob.pk)]


@has_auser
def test_who_has_a_session_in_a_loop(bob: Any) -> None:
    """auser() under ASGI."""
    client = AsyncClient()
    client.force_login(bob)
    asyncio.run(client.get("/async/"))

    assert users() == [("/async/", bob.pk)]


def test_who_is_named_by_the_web_server(bob: Any, settings: Any) -> None:
    """RemoteUserMiddleware."""
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.RemoteUserBackend"]
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, _REMOTE_USER]):
        Client(REMOTE_USER="bob").get("/ignore/")

    assert users() == [("/ignore/", bob.pk)]


def test_nobody_is_loaded(bob: Any, django_assert_num_queries: Any) -> None:
    """A view that does not ask costs no query, and has no user; a stranger has none anyway."""
    client = Client()
    client.force_login(bob)
    with django_assert_num_queries(0):
        response = client.get("/ignore/")
    Client().get("/anybody/")
    Client().get("/look/")

    assert "Vary" not in response.headers
    assert users() == [("/ignore/", None), ("/anybody/", None), ("/look/", None)]


def fail() -> Any:
    raise AssertionError("it was evaluated")


class NoTouch:
    """A user of another kind: a service, or what a proxy object stands for."""

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        fail()

    def __getattr__(self, _name: str) -> Any:
        fail()


NOBODY: dict[str, Callable[[], Any]] = {
    "anonymous": AnonymousUser,
    "none": lambda: None,
    "lazy, not evaluated": partial(SimpleLazyObject, fail),
    "a service": lambda: SimpleNamespace(pk="svc-7", is_authenticated=True),
    "a text": lambda: "bob",
    "another model": lambda: Group(pk=7, name="staff"),
    "a proxy object": NoTouch,
    "not saved": lambda: get_user_model()(username="new"),
    "not saved, with a key": lambda: get_user_model()(pk=7, username="from a token"),
}


@pytest.mark.parametrize("name", NOBODY)
@pytest.mark.parametrize("place", ["user", "auth", "_cached_user", "_acached_user"])
def test_what_is_no_user_of_the_site(name: str, place: str) -> None:
    """It is neither evaluated nor asked, and the column stays empty."""
    request = RequestFactory().get("/")
    setattr(request, place, NOBODY[name]())

    assert find_pk(request) is None


def evaluated(user: Any) -> Any:
    lazy = SimpleLazyObject(lambda: user)
    assert lazy == user
    return lazy


def saved(pk: int) -> Any:
    user = get_user_model()(pk=pk, username=f"user-{pk}")
    user._state.adding = False
    return user


@isolate_apps("django.contrib.auth")
def test_every_way_to_hold_a_user() -> None:
    """Lazy ones that are evaluated, and proxy models; the one that was set last comes first."""

    class ProxyUser(get_user_model()):  # type: ignore[misc]
        class Meta:
            app_label = "auth"
            proxy = True

    request = RequestFactory().get("/")
    request.user = evaluated(evaluated(saved(1)))
    assert find_pk(request) == 1
    request._cached_user = saved(2)
    assert find_pk(request) == 1
    request.user = evaluated(AnonymousUser())
    assert find_pk(request) == 2
    request.user = ProxyUser(pk=3)
    request.user._state.adding = False
    assert find_pk(request) == 3


def test_what_an_api_of_ninja_takes_as_proof() -> None:
    """It sets request.auth and leaves request.user alone."""
    request = RequestFactory().get("/")
    request.user = SimpleLazyObject(fail)
    request.auth = saved(5)

    assert find_pk(request) == 5
