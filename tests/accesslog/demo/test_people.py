"""The users of the throw-away project."""

from __future__ import annotations

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User

from ideolab_accesslog.demo import people
from ideolab_accesslog.demo.store import USERS


@pytest.mark.django_db
def test_the_admin_can_log_in_and_the_visitors_cannot() -> None:
    """The visitors have the numbers that the played requests name."""
    word = "correct horse"
    people.create("admin", word)

    assert authenticate(username="admin", password=word) == User.objects.get(is_superuser=True)
    visitors = User.objects.filter(is_superuser=False)
    assert sorted(visitors.values_list("pk", flat=True)) == list(USERS)
    assert not any(user.has_usable_password() or user.is_staff for user in visitors)
