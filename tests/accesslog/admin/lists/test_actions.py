"""The list of bans, unbans and checks."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from ideolab_accesslog.firewall import calls
from ideolab_accesslog.models import FirewallActionLog

PAGE = reverse("admin:ideolab_accesslog_firewallactionlog_changelist")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "kind"), [("done", "good"), ("failed", "bad"), ("refused", "warn"), ("skipped", "plain")]
)
def test_the_colour_of_a_state(admin_client: Client, state: str, kind: str) -> None:
    """Red is a failure, and nothing else."""
    FirewallActionLog.objects.create(
        batch=uuid.uuid4(),
        actor_name="alice",
        action="ban",
        ip="198.51.100.7",
        state=state,
        bantime=604800,
        rc=3,
    )
    page = admin_client.get(PAGE).content.decode()

    assert f'class="ideolab-badge ideolab-badge-{kind}"' in page
    for words in (">7 d<", ">exit code 3<", ">alice<"):
        assert words in page


@pytest.mark.django_db
def test_a_refused_address_is_no_failure(admin_client: Client) -> None:
    """The filter of what failed has none of it, and the statistics count none."""
    calls.ban(["127.0.0.1"], actor="alice")

    assert "127.0.0.1" not in admin_client.get(PAGE, {"state__exact": "failed"}).content.decode()
    assert ">loopback<" in admin_client.get(PAGE, {"state__exact": "refused"}).content.decode()
