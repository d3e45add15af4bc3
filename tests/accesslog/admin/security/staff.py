"""Members of the staff for tests of the dashboard, and what they are told."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse


def staff(*permissions: str, name: str = "bob", **options: Any) -> Client:
    """A member of the staff from a documentation address, with these permissions."""
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client(REMOTE_ADDR="192.0.2.77", **options)
    client.force_login(user)
    return client


def read_messages(client: Client) -> list[str]:
    """What the next page says; view_traship."""
    page = client.get(reverse("admin:ideolab_accesslog_traship_changelist"))
    return [str(message) for message in page.context["messages"]]
