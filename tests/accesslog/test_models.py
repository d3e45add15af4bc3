"""The tables."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command

from ideolab_accesslog.models import AccessLog, FirewallActionLog, LoadedSpool, Total, TrashIP
from tests.accesslog.conftest import VENDORS


def test_rows_have_names_for_people() -> None:
    """Where the admin and a shell show one."""
    assert str(AccessLog(ip="198.51.100.7", method="GET", path="/a", status_code=200)) == (
        "198.51.100.7 GET /a 200"
    )
    assert str(LoadedSpool(name="web1-00.jsonl")) == "web1-00.jsonl"
    assert str(TrashIP(ip="198.51.100.7")) == "198.51.100.7"
    assert str(FirewallActionLog(action="ban", ip="198.51.100.7")) == "ban 198.51.100.7 pending"
    assert (
        str(Total(name="rows_total", labels='result="written"', value=3)) == 'rows_total result="written" 3'
    )


@pytest.mark.django_db
def test_the_migrations_are_those_of_the_models() -> None:
    """makemigrations has nothing to do."""
    call_command("makemigrations", "ideolab_accesslog", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_an_address_is_kept_in_one_form() -> None:
    """IPv4 out of its mapped form, so that nobody is there twice."""
    row = TrashIP(ip="::ffff:198.51.100.7")
    row.full_clean()

    assert row.ip == "198.51.100.7"


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_row_may_hold_an_ipv6_network(database: str) -> None:
    """In the column that addresses have, on every database; nothing but a /64 passes the checks."""
    TrashIP.objects.create(ip="2001:db8:0:7::/64")
    TrashIP.objects.create(ip="2001:db8:0:7::")
    row = TrashIP.objects.get(ip="2001:db8:0:7::/64")

    assert row.ip == "2001:db8:0:7::/64"
    assert list(TrashIP.objects.filter(ip__in=["2001:db8:0:7::/64", "198.51.100.7"])) == [row]
    row.full_clean()
    for wrong in ("2001:db8::/48", "198.51.100.0/24", "x/64"):
        row.ip = wrong
        with pytest.raises(ValidationError):
            row.full_clean()
