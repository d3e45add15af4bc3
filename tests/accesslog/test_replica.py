"""A site that reads from a replica: what the app has to know at once is read where it is written."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any, Optional

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone

from ideolab_accesslog.firewall import calls, reconcile
from ideolab_accesslog.metrics import totals
from ideolab_accesslog.models import AccessLog, FirewallActionLog, TrashIP
from ideolab_accesslog.traship import banned, rows
from ideolab_accesslog.traship.offence import OffenceSum

ADDRESS = "198.51.100.7"
ADMIN = "/admin/ideolab_accesslog"


class Router:
    """Reads the app's tables from a replica, which is so far behind that nobody may ask it at all."""

    def db_for_read(self, model: Any, **_hints: Any) -> Optional[str]:
        """Return an alias that does not exist."""
        return "replica" if model._meta.app_label == "ideolab_accesslog" else None

    def db_for_write(self, _model: Any, **_hints: Any) -> str:
        """Return the only database."""
        return "default"


@pytest.fixture(autouse=True)
def replica(db: None) -> Any:
    """The router of the site."""
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.Router"]):
        yield
    banned.forget()


def _offend() -> None:
    AccessLog.objects.using("default").create(ip=ADDRESS, method="GET", path="/seen", status_code=200)
    rows.write({ADDRESS: OffenceSum(first=1.8e9, last=1.8e9, hits=1, sensitive=1, path="/.env")})


def test_a_ban_and_its_end_are_known_at_once() -> None:
    """What is asked before a request is answered, and what the commands compare."""
    _offend()
    calls.ban([ADDRESS], actor="a test", seconds=60, reason="why")
    banned.refresh()
    assert banned.holds(ADDRESS)

    TrashIP.objects.update(ban_until=timezone.now())
    call_command("unban_expired", stdout=StringIO())
    assert not TrashIP.objects.get().is_banned
    assert [row.action for row in FirewallActionLog.objects.order_by("id")] == ["ban", "unban"]
    assert reconcile.close_lost_calls() == 0


def test_the_commands_count_what_is_there() -> None:
    """Metrics, and the clean-up of what is old."""
    _offend()
    totals.add({("rows_total", 'result="written"'): 3})
    printed = StringIO()
    call_command("accesslog_metrics", output="-", stdout=printed)
    assert 'rows_total{result="written"} 3' in printed.getvalue()

    TrashIP.objects.update(last_seen=timezone.now() - timedelta(days=200))
    call_command("cleanup_accesslog", firewall_days=1, stdout=StringIO())
    assert TrashIP.objects.count() == 0


@pytest.mark.parametrize(
    "page",
    [
        *("accesslog/", "traship/", "firewallactionlog/", "traship/stats/", "traship/ban/"),
        *(f"traship/address/{ADDRESS}/", f"traship/?q={ADDRESS}", "accesslog/?q=/seen"),
    ],
)
def test_the_admin_shows_what_was_written(admin_client: Client, page: str) -> None:
    """No page shows a ban that is over, or lacks one that was just made."""
    _offend()
    calls.ban([ADDRESS], actor="a test", seconds=60, reason="why")
    answer = admin_client.get(f"{ADMIN}/{page}")

    assert answer.status_code == 200
    assert page == "traship/ban/" or ADDRESS in answer.content.decode()


def test_a_ban_of_the_admin_works(admin_client: Client) -> None:
    """The question, the ban and the page of the row."""
    _offend()
    pk = TrashIP.objects.get().pk
    chosen = {"action": "ban_24h", "_selected_action": [pk]}
    assert admin_client.post(f"{ADMIN}/traship/", chosen).status_code == 200
    assert admin_client.post(f"{ADMIN}/traship/", {**chosen, "confirmed": "yes"}).status_code == 302
    assert admin_client.get(f"{ADMIN}/traship/{pk}/change/").status_code == 200
    assert TrashIP.objects.get().is_banned
