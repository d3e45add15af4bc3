"""The list of requests."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from ideolab_accesslog.models import AccessLog

PAGE = "admin:ideolab_accesslog_accesslog_"


@pytest.mark.django_db
def test_user_and_view_stand_below(admin_client: Client) -> None:
    """A row has all that it had in eight columns."""
    user = User.objects.create_user("bob")
    row = AccessLog.objects.create(
        ip="198.51.100.7",
        user=user,
        method="POST",
        path="/a",
        status_code=500,
        duration_ms=12.598,
        view_name="v",
    )
    page = admin_client.get(reverse(f"{PAGE}changelist")).content.decode()

    for words in (
        "198.51.100.7</a>",
        ">bob<",
        "POST <span",
        ">/a<",
        ">v<",
        "ideolab-badge-bad",
        ">13\xa0ms<",
    ):
        assert words in page
    whole = admin_client.get(reverse(f"{PAGE}change", args=[row.pk])).content.decode()
    assert re.search(r"<span>\d\d:\d\d:\d\d</span>", whole)
    assert "12.598" not in whole


@pytest.mark.django_db
def test_what_is_empty_makes_no_line(admin_client: Client) -> None:
    """No address, no user, no view, no duration."""
    AccessLog.objects.create(ip=None, method="GET", path="/", status_code=200)
    page = admin_client.get(reverse(f"{PAGE}changelist")).content.decode()

    assert "ideolab-below" not in page
