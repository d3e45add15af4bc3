"""The audit rows of refused bans, of earlier versions."""

from __future__ import annotations

import uuid
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection

from ideolab_accesslog.models import FirewallActionLog


@pytest.mark.django_db
def test_refusals_of_the_site_get_their_state() -> None:
    """What the helper refused stays a failure."""
    rows: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("127.0.0.1", "refused: loopback", {}),
        ("198.51.100.1", "refused: listed in never-ban", {"rc": 1, "command": "sudo"}),
        ("198.51.100.2", "no answer", {}),
    )
    for ip, stderr, more in rows:
        FirewallActionLog.objects.create(
            batch=uuid.uuid4(), ip=ip, action="ban", state="failed", stderr=stderr, **more
        )
    migration = import_module("ideolab_accesslog.migrations.0004_refused_state")
    # of a schema editor it uses the connection only
    migration.name_refusals(apps, SimpleNamespace(connection=connection))

    assert list(FirewallActionLog.objects.order_by("pk").values_list("ip", "state", "stderr")) == [
        ("127.0.0.1", "refused", "loopback"),
        ("198.51.100.1", "failed", "refused: listed in never-ban"),
        ("198.51.100.2", "failed", "no answer"),
    ]
