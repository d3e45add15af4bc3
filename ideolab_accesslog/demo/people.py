"""The users of the throw-away project: its admin, and those who are logged in among the played visitors."""

from __future__ import annotations

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User

from ideolab_accesslog.demo.store import USERS

VISITORS = ("anna", "bruno", "chen")


def create(name: str, password: str) -> None:
    """Create the admin, and the visitors, who cannot log in."""
    User.objects.create_superuser(name, password=password)
    for key, visitor in zip(USERS, VISITORS):
        User(pk=key, username=visitor, password=make_password(None)).save()
