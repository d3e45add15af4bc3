"""The tables."""

from __future__ import annotations

import uuid
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

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
    """What can be banned, in its one form; nothing else, and no network of an IPv4 address."""
    field = TrashIP._meta.get_field("ip").formfield()
    typed = (" 2001:DB8::1/64 ", "2001:DB8::1", "::ffff:198.51.100.7", "198.51.100.0/24", "as64500")

    assert [field.clean(text) for text in typed] == [
        "2001:db8::/64",
        "2001:db8::1",
        "198.51.100.7",
        "198.51.100.0/24",
        "AS64500",
    ]
    for wrong in (
        "2001::/16",
        "198.51.100.7/24",
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
    """In the column that addresses have, on every database."""
    TrashIP.objects.create(ip="2001:db8:0:7::/64")
    TrashIP.objects.create(ip="2001:db8:0:7::")
    row = TrashIP.objects.get(ip="2001:db8:0:7::/64")

    assert row.ip == "2001:db8:0:7::/64"
    assert list(TrashIP.objects.filter(ip__in=["2001:db8:0:7::/64", "198.51.100.7"])) == [row]
    row.full_clean()
    for wrong in ("2001::/16", "198.51.100.7/24", "x/64", "::ffff:198.51.100.7/64", "fe80::1%x"):
        row.ip = wrong
        with pytest.raises(ValidationError):
            row.full_clean()


#: the longest texts of each kind: 39 characters are in the columns of MySQL
BANNABLE = (
    *("198.51.100.7", "198.51.100.0/24", "255.255.255.254/31", "198.51.0.0/16"),
    *(
        "2001:db8:0:7::/64",
        "ffff:ffff:ffff:ffff::/64",
        "2001:db8::/32",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
    ),
    *("AS1", "AS64500", "AS4294967295"),
)


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_rows_hold_all_that_can_be_banned(database: str) -> None:
    """Each is read as it was written, and found, sorted and grouped; the audit takes the same."""
    TrashIP.objects.bulk_create(TrashIP(ip=text) for text in BANNABLE)
    FirewallActionLog.objects.bulk_create(
        FirewallActionLog(ip=text, batch=uuid.uuid4(), actor_name="alice", action="ban") for text in BANNABLE
    )

    for model in (TrashIP, FirewallActionLog):
        rows = model.objects.all()
        assert sorted(rows.values_list("ip", flat=True)) == sorted(BANNABLE)
        assert sorted(row.ip for row in rows.filter(ip__in=BANNABLE).order_by("ip")) == sorted(BANNABLE)
        assert [rows.get(ip=text).ip for text in BANNABLE] == list(BANNABLE)
        assert rows.get(ip="as64500").ip == "AS64500"
    with pytest.raises(IntegrityError), transaction.atomic():
        TrashIP.objects.create(ip="as64500")


@pytest.mark.root
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_an_as_number_is_no_address_in_inet(database: str) -> None:
    """Its value has host bits behind a prefix, as no address and no network here; its digits can be read."""
    TrashIP.objects.bulk_create(TrashIP(ip=text) for text in ("AS64500", "100::6:4500", "100::/64"))

    with connection.cursor() as cursor:
        cursor.execute("SELECT ip::text FROM ideolab_accesslog_traship ORDER BY id")
        assert [text for (text,) in cursor.fetchall()] == ["100::6:4500/64", "100::6:4500/128", "100::/64"]
    assert sorted(TrashIP.objects.values_list("ip", flat=True)) == ["100::/64", "100::6:4500", "AS64500"]


def _log_two_users() -> tuple[User, User]:
    """Rows of a user who is deleted then, and of one who stays; the second has the higher number."""
    users = (User.objects.create_user("gone"), User.objects.create_user("stays"))
    for user in users:
        AccessLog.objects.create(user=user, method="GET", path=f"/{user}", status_code=200)
        FirewallActionLog.objects.create(
            batch=uuid.uuid4(), actor=user, actor_name=str(user), action="ban", ip="198.51.100.7"
        )
    numbers = [user.pk for user in users]
    users[0].delete()
    assert [row.user_id for row in AccessLog.objects.order_by("id")] == numbers
    return users


@pytest.mark.root
@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_dump_may_hold_rows_of_a_deleted_user(database: str, tmp_path: Path) -> None:
    """With natural keys without his number, which is another user's where the dump is loaded."""
    _gone, stays = _log_two_users()
    dump, plain = str(tmp_path / "natural.json"), str(tmp_path / "plain.json")
    what = ("auth.user", "ideolab_accesslog")
    call_command("dumpdata", *what, natural_foreign=True, natural_primary=True, output=dump, verbosity=0)
    call_command("dumpdata", *what, output=plain, verbosity=0)
    numbers = [row.user_id for row in AccessLog.objects.order_by("id")]

    call_command("flush", interactive=False, verbosity=0)
    call_command("loaddata", dump, verbosity=0)
    rows = [(row.path, row.user_id and row.user.username) for row in AccessLog.objects.order_by("id")]
    assert rows == [("/gone", None), ("/stays", stays.username)]
    assert [row.actor_name for row in FirewallActionLog.objects.order_by("id")] == ["gone", "stays"]

    call_command("flush", interactive=False, verbosity=0)
    call_command("loaddata", plain, verbosity=0)
    assert [row.user_id for row in AccessLog.objects.order_by("id")] == numbers
    connection.check_constraints()


@pytest.mark.django_db
def test_a_deleted_user_is_none_and_his_number_stays() -> None:
    """However the row was read; nothing that follows foreign keys fails."""
    _log_two_users()

    for rows in (
        AccessLog.objects.order_by("id"),
        AccessLog.objects.order_by("id").select_related("user"),
        AccessLog.objects.order_by("id").prefetch_related("user"),
    ):
        assert [row.user and row.user.username for row in rows] == [None, "stays"]
        assert None not in [row.user_id for row in rows]
    assert AccessLog.objects.get(user__username="stays").path == "/stays"
    connection.check_constraints()


class OnlyDefault:
    """Lets no table of the site into another database."""

    def allow_migrate(self, db: str, _app_label: str, **_hints: Any) -> bool:
        """Whether it is the default one."""
        return db == "default"


@pytest.mark.django_db
@override_settings(DATABASE_ROUTERS=[f"{__name__}.OnlyDefault"])
def test_the_users_of_a_log_in_its_own_database_are_found() -> None:
    """They are where the site's routers read them."""
    user = User.objects.create_user("reader")
    row = AccessLog(user_id=user.pk, method="GET", path="/", status_code=200)
    row._state.db = "log"

    assert row.user == user


class Elsewhere:
    """The tables of the app are in no database that has users."""

    def allow_migrate(self, _db: str, app_label: str, **_hints: Any) -> bool:
        """Whether the table is of another app."""
        return app_label != "ideolab_accesslog"


@pytest.mark.django_db
@override_settings(DATABASE_ROUTERS=[f"{__name__}.Elsewhere"])
def test_a_user_can_be_deleted_where_there_is_no_audit() -> None:
    """His database lacks the table: none of our tables is asked or changed."""
    user = User.objects.create_user("reader")
    with CaptureQueriesContext(connection) as queries:
        user.delete()

    assert [query["sql"] for query in queries if "ideolab" in query["sql"]] == []


@pytest.mark.django_db
def test_the_admin_deletes_a_user_who_was_logged(client: Client) -> None:
    """The page that asks lists what goes with him: nothing of the log, nothing of the audit."""
    _log_two_users()
    client.force_login(User.objects.create_superuser("root", "r@example.org", "x"))
    page = f"/admin/auth/user/{User.objects.get(username='stays').pk}/delete/"

    asked = client.get(page)
    assert asked.status_code == 200
    assert asked.context["model_count"] == {"users": 1}.items()
    assert client.post(page, {"post": "yes"}).status_code == 302
    assert AccessLog.objects.exclude(user=None).filter(path__in=["/gone", "/stays"]).count() == 2
    assert [row.actor_id for row in FirewallActionLog.objects.all()] == [None, None]
