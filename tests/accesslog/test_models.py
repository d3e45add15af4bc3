"""The tables."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

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
def test_a_network_is_kept_and_found_in_one_form(database: str) -> None:
    """However it was written, also without the checks of a form."""
    row = TrashIP.objects.create(ip="2001:DB8:0:9::5/64")
    TrashIP.objects.bulk_create([TrashIP(ip=ip_network("2001:db8:0:8::/64"))])

    assert sorted(TrashIP.objects.values_list("ip", flat=True)) == ["2001:db8:0:8::/64", "2001:db8:0:9::/64"]
    for text in ("2001:db8:0:9::1/64", "2001:0DB8:0:9::/64", ip_network("2001:db8:0:9::/64")):
        assert TrashIP.objects.get(ip=text) == row
        assert TrashIP.objects.get(ip__in=[text, "198.51.100.7"]) == row
    with pytest.raises(IntegrityError), transaction.atomic():
        TrashIP.objects.create(ip="2001:db8:0:9:0:0:0:0/64")
    row.ip = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_a_form_takes_what_the_table_does() -> None:
    """An address or a /64, in its one form; nothing else, and no network of an IPv4 address."""
    field = TrashIP._meta.get_field("ip").formfield()
    typed = (" 2001:DB8::1/64 ", "2001:DB8::1", "::ffff:198.51.100.7")

    assert [field.clean(text) for text in typed] == ["2001:db8::/64", "2001:db8::1", "198.51.100.7"]
    for wrong in (
        "2001:db8::/48",
        "198.51.100.0/24",
        "::ffff:198.51.100.7/64",
        "fe80::1%x",
        "x",
        "",
        "9" * 5000,
    ):
        with pytest.raises(ValidationError):
            field.clean(wrong)


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
    for wrong in ("2001:db8::/48", "198.51.100.0/24", "x/64", "::ffff:198.51.100.7/64", "fe80::1%x"):
        row.ip = wrong
        with pytest.raises(ValidationError):
            row.full_clean()
