"""What the three lists share, through Django's own client."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin import site
from django.test import Client
from django.urls import reverse

from ideolab_accesslog import admin
from ideolab_accesslog.admin.lists import evidence
from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP

HOSTILE = '/<script>alert(1)</script>"onmouseover=x'


@pytest.mark.django_db
@pytest.mark.parametrize("model", ["accesslog", "traship", "firewallactionlog"])
def test_lists_open_and_hostile_text_is_escaped(admin_client: Client, model: str) -> None:
    """What an attacker wrote is text on the page, also when it is searched for and filtered."""
    AccessLog.objects.create(
        ip="198.51.100.7", path=HOSTILE, user_agent=HOSTILE, method="GET", status_code=200
    )
    TrashIP.objects.create(ip="198.51.100.7", last_path=HOSTILE)
    for query in ("", "?q=198.51.100.0/24", "?q=script", "?period=24h", "?o=1"):
        answer = admin_client.get(reverse(f"admin:ideolab_accesslog_{model}_changelist") + query)
        assert answer.status_code == 200
        assert b"<script>alert" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize("model", ["accesslog", "traship", "firewallactionlog"])
def test_evidence_is_read_only(admin_client: Client, model: str) -> None:
    """Even the superuser can neither add, change nor delete it here."""
    AccessLog.objects.create(pk=1, path="/", method="GET", status_code=200, user_id=999)
    TrashIP.objects.create(pk=1, ip="198.51.100.7")
    FirewallActionLog.objects.create(
        pk=1, batch="00000000-0000-0000-0000-000000000001", action="ban", ip="198.51.100.7", actor_name="x"
    )
    base = f"admin:ideolab_accesslog_{model}_"
    assert admin_client.get(reverse(base + "add")).status_code == 403
    assert admin_client.get(reverse(base + "change", args=[1])).status_code == 200
    assert admin_client.post(reverse(base + "change", args=[1]), {"ip": "198.51.100.8"}).status_code == 403
    assert admin_client.post(reverse(base + "delete", args=[1]), {"post": "yes"}).status_code == 403


@pytest.mark.django_db
def test_a_list_costs_the_same_number_of_queries_however_long(
    admin_client: Client, django_assert_max_num_queries: Any
) -> None:
    """No query for each row."""
    AccessLog.objects.bulk_create(
        AccessLog(ip="198.51.100.7", path="/", method="GET", status_code=200, user_id=number)
        for number in range(60)
    )
    with django_assert_max_num_queries(7):
        admin_client.get(reverse("admin:ideolab_accesslog_accesslog_changelist"))


@pytest.mark.django_db
def test_export(admin_client: Client) -> None:
    """The chosen rows as CSV."""
    answer = admin_client.post(
        reverse("admin:ideolab_accesslog_traship_changelist"),
        {"action": "export_csv", "_selected_action": [TrashIP.objects.create(ip="198.51.100.7").pk]},
    )
    assert b"198.51.100.7" in b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].startswith('attachment; filename="traship-1_chosen-')


@pytest.mark.django_db
def test_all_rows_that_the_filters_leave_are_exported(admin_client: Client) -> None:
    """The admin's "select all": more than a page, in the order of the list; the name has the filters."""
    AccessLog.objects.bulk_create(
        AccessLog(ip="198.51.100.7", path=f"/{number}", method="GET", status_code=200 + number % 2)
        for number in range(120)
    )
    page = reverse("admin:ideolab_accesslog_accesslog_changelist")
    answer = admin_client.post(
        f"{page}?q=198.51.100.0%2F24&status=200&o=3",
        {"action": "export_csv", "select_across": "1", "_selected_action": ["1", "3"]},
    )
    lines = b"".join(answer.streaming_content).decode().splitlines()
    found = [line.split(",")[8] for line in lines[1:]]
    assert found == sorted(f"/{number}" for number in range(0, 120, 2))
    name = 'attachment; filename="accesslog-q_198.51.100.0_24-status_200-'
    assert answer["Content-Disposition"].startswith(name)


@pytest.mark.django_db
def test_select_all_does_not_name_fewer_rows_than_it_selects(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages end at 10,000 rows, an export does not."""
    AccessLog.objects.bulk_create(AccessLog(path="/", method="GET", status_code=200) for _number in range(60))
    url = reverse("admin:ideolab_accesslog_accesslog_changelist")
    assert ">Select all 60 access log</a>" in admin_client.get(url).content.decode()
    monkeypatch.setattr(evidence, "REACH", 60)
    text = admin_client.get(url).content.decode()
    assert ">Select all 60 access log and all beyond the last page</a>" in text
    assert ">All are selected, those beyond the last page too</span>" in text


def test_sites_import_the_classes_from_the_package() -> None:
    """To unregister one and register their own subclass."""
    assert issubclass(admin.AccessLogAdmin, admin.EvidenceAdmin)
    assert issubclass(admin.FirewallActionLogAdmin, admin.EvidenceAdmin)
    assert isinstance(site._registry[TrashIP], admin.TrashIPAdmin)
