"""The rows that somebody chose."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth import get_user_model
from django.core.exceptions import SuspiciousOperation
from django.test import Client, RequestFactory, override_settings
from django.urls import path, reverse

from ideolab_accesslog.admin import AccessLogAdmin, chosen
from ideolab_accesslog.admin.forms import MOST
from ideolab_accesslog.models import AccessLog, TrashIP

only = AdminSite(name="only")
only.register(AccessLog, AccessLogAdmin)
urlpatterns = [path("only/", only.urls)]
LIST = "admin:ideolab_accesslog_traship_changelist"


def _split(*values: str) -> list[str]:
    request = RequestFactory().post("/", {"_selected_action": values})
    chosen.split(request)
    return list(request.POST.getlist("_selected_action"))


def test_one_value_becomes_many() -> None:
    """As Django's own list sends them."""
    rows = [TrashIP(pk=pk) for pk in (1, 1234, 56)]

    assert _split(chosen.join(rows)) == ["1", "1234", "56"]
    assert _split("7", "8") == ["7", "8"]
    assert _split() == []


@pytest.mark.parametrize(
    "value", ["1,234", "1.234", "1\u202f234", "", "1  2", "x", "-1", "9" * 19, "1 " * MOST]
)
def test_what_is_no_number_is_a_400(value: str) -> None:
    """Above all a number as a language writes it, which would be two others."""
    with pytest.raises(SuspiciousOperation):
        _split(value)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_a_thousand_rows_of_four_digits_are_banned(
    admin_client: Client, language: str, settings: Any
) -> None:
    """With a separator in numbers, and less fields than rows."""
    settings.LANGUAGE_CODE, settings.USE_THOUSAND_SEPARATOR = language, True
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    TrashIP.objects.bulk_create(
        TrashIP(pk=1234 + number, ip=f"10.0.{number // 250}.{number % 250}") for number in range(1000)
    )
    url = reverse(LIST)
    data = {"action": "ban_7d", "_selected_action": "1234", "select_across": "1", "index": "0"}
    page = admin_client.post(url, data).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    answer = admin_client.post(url, {**hidden, "reason": "scan"})

    assert answer.status_code == 302
    assert TrashIP.objects.filter(is_banned=True, ban_reason="scan").count() == 1000


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_a_list_without_that_of_trash_ips(admin_client: Client) -> None:
    """A site of the admin may have only one of them: its addresses have no page there."""
    AccessLog.objects.create(ip="198.51.100.7", path="/", method="GET", status_code=200)

    page = admin_client.get("/only/ideolab_accesslog/accesslog/")
    assert page.status_code == 200
    assert "198.51.100.7" in page.content.decode()
    assert "traship/address" not in page.content.decode()


@pytest.mark.django_db
def test_a_user_is_shown_by_the_name_to_log_in(monkeypatch: pytest.MonkeyPatch, admin_client: Client) -> None:
    """The str() of a user may ask the database, or raise."""
    monkeypatch.setattr(get_user_model(), "__str__", lambda _self: 1 // 0)
    user = get_user_model().objects.get(username="admin")
    AccessLog.objects.create(ip="198.51.100.7", path="/", method="GET", status_code=200, user=user)

    page = admin_client.get(reverse("admin:ideolab_accesslog_accesslog_changelist"))
    assert page.status_code == 200
    row = AccessLog.objects.select_related("user").get()
    assert AccessLogAdmin(AccessLog, only).who(row) == "admin"
