"""The user of a request, as far as the site has found it: nothing here asks a database."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.utils.functional import LazyObject, SimpleLazyObject, empty

from ideolab_accesslog.conf import cached

#: where else a request may have its user: what auser() has loaded, what a lazy `user` has, and what an API of
#: django-ninja takes as proof
_OTHERS = ("_acached_user", "_cached_user", "auth")
#: the attribute of a lazy object itself, without a call of its own __getattribute__
_read = object.__getattribute__


def find_pk(request: HttpRequest) -> Any:
    """Return the key of the user; None for nobody, for who is not loaded yet, and for no row of the users.

    `user` is as a login, DRF or a middleware has set it, or as Django's own has evaluated it. Loading it
    would cost queries and add `Vary: Cookie`.
    """
    attributes = request.__dict__
    user = attributes.get("user")
    # most requests: nobody has asked who it is
    if type(user) is SimpleLazyObject and _read(user, "_wrapped") is empty:
        user = None
    pk = None if user is None else _pk_of(user)
    if pk is None:
        for place in _OTHERS:
            if place in attributes and pk is None:
                pk = _pk_of(attributes[place])
    return pk


def _pk_of(user: Any) -> Any:
    # type() and not isinstance(), which asks a lazy object for its class, and so evaluates it
    while issubclass(type(user), LazyObject):
        user = _read(user, "_wrapped")
    if not issubclass(type(user), _user_model()) or user._state.adding:
        return None
    return user.pk


@cached
def _user_model() -> type:
    model: type = get_user_model()
    return model
