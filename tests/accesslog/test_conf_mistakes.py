"""Every setting with every kind of wrong value: check names it, and the site goes on."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from ideolab_accesslog import firewall
from ideolab_accesslog.access import recorder
from ideolab_accesslog.checks.values import values
from ideolab_accesslog.conf import ROWS, SETTINGS, Setting, conf, read
from ideolab_accesslog.models import TrashIP
from ideolab_accesslog.setting_types import AUTO_SWITCH, OPTIONAL_PATH, PATH, SWITCH
from ideolab_accesslog.traship import banned, gate

BANNED = "192.0.2.66"


class Hostile:
    """Raises whatever is asked of it."""

    def _raise(self, *_others: Any) -> Any:
        raise RuntimeError("no answer")

    __str__ = __repr__ = __eq__ = __len__ = __iter__ = __bool__ = __int__ = __float__ = __fspath__ = _raise
    __hash__ = None  # type: ignore[assignment]


WRONG: tuple[Any, ...] = (
    *(None, "", " ", "False", "yes", "nonsense", "1", "-1", b"x", b"\xff", "\0", "\udcff", "é" * 5000),
    *(0, -1, 3, 10**30, 1e-300, 0.5, float("nan"), float("inf"), float("-inf"), Decimal("NaN"), 1j),
    *(
        [],
        (),
        {},
        set(),
        [""],
        [None],
        [[]],
        [b"x"],
        ["198.51.100.9", "x", 7],
        {"a": 1},
        {1: 2},
        {"a": ["x", 3]},
    ),
    *(Path("/nonexistent/x"), Path(), object(), Hostile(), [Hostile()], {"a": Hostile()}, type, len),
    *(ip_network("10.0.0.0/24"), range(3000), Fraction(1, 3), True, False),
)
#: a value of any type, nested
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.sampled_from(["queue", "default", "10.0.0.0/8", "X-Real-IP", "/x/"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(SETTINGS), ANYTHING)
def test_whatever_is_written_the_app_gets_a_value_of_the_type(setting: Setting, value: Any) -> None:
    """And what is not of the type has a fault."""
    reading = setting.type.read(value, setting.default)

    assert setting.type.accepts(reading.value) or (setting.name, reading.value) == (
        "ACCESSLOG_FORWARDED_HEADER",
        "",
    )
    assert reading.faults or setting.type.is_accepted(value)
    assert all(fault.text and fault.hint for fault in reading.faults)


@pytest.mark.parametrize("value", WRONG, ids=map(str, range(len(WRONG))))
def test_check_names_each_setting_with_a_mistake(value: Any) -> None:
    """Each fault is one message, with the setting's name in front and a way out."""
    with override_settings(**dict.fromkeys(ROWS, value)):
        found = [message.msg for message in values() if message.hint]

        assert len(found) == sum(len(read(name).faults) for name in ROWS)
        assert {text.split()[0] for text in found} == {name for name in ROWS if read(name).faults}


@pytest.fixture
def site(database: str, tmp_path: Path, settings: Any) -> Client:
    """A site with one banned address, and somebody who is logged in."""
    settings.TRASHIP_LOG = str(tmp_path / "traship.log")
    settings.TRASHIP_MANUAL_LOG = str(tmp_path / "manual.log")
    settings.ACCESSLOG_SPOOL = str(tmp_path / "spool")
    settings.TRASHIP_FIREWALL_EXECUTE = True
    TrashIP.objects.create(ip=BANNED, is_banned=True)
    staff = Client()
    staff.force_login(get_user_model().objects.create_superuser("root"))
    return staff


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("value", WRONG[::3], ids=map(str, range(len(WRONG[::3]))))
def test_the_site_goes_on(site: Client, value: Any, caplog: pytest.LogCaptureFixture) -> None:
    """Every setting but switches and paths is wrong: pages, TrashIP, a ban and the admin work as before."""
    wrong = {
        one.name: value for one in SETTINGS if one.type not in (SWITCH, AUTO_SWITCH, PATH, OPTIONAL_PATH)
    }
    with override_settings(**wrong):
        banned.refresh()
        statuses = [
            Client(REMOTE_ADDR=address).get(path).status_code
            for address, path in (("192.0.2.10", "/ok/"), ("192.0.2.20", "/.env"), (BANNED, "/ok/"))
        ]
        assert statuses == [200, 403, 403]
        gate.drain()
        assert recorder.flush()
        result = firewall.ban(["192.0.2.30"], actor="a test", seconds=60)
        assert [one.state for one in result.results.values()] in (["done"], ["failed"])
        assert site.get(reverse("admin:ideolab_accesslog_accesslog_changelist")).status_code == 200
    assert TrashIP.objects.filter(ip="192.0.2.20").exists()
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_bad_entry_spares_nobody_and_the_good_ones_do(site: Client, settings: Any) -> None:
    """TrashIP went off, and BAN raised."""
    settings.TRASHIP_NEVER_BAN = ["monitoring", "198.51.100.9", None, "10.0.0.0/33"]
    banned.refresh()
    result = firewall.ban(["198.51.100.9", "198.51.100.10"], actor="a test", seconds=60)

    assert [one.state for one in result.results.values()] == ["refused", "done"]
    assert Client(REMOTE_ADDR=BANNED).get("/ok/").status_code == 403
    settings.TRASHIP_NEVER_BAN.append("nonsense")
    assert firewall.ban(["198.51.100.11"], actor="a test", seconds=60).counts() == {"done": 1}


def test_a_server_logs_what_check_would_say(caplog: pytest.LogCaptureFixture) -> None:
    """It runs no checks; once is enough."""
    with override_settings(ACCESSLOG_SINK="quue", ACCESSLOG_BATCH="7"):
        assert [conf.ACCESSLOG_SINK, conf.ACCESSLOG_SINK, conf.ACCESSLOG_BATCH] == ["queue", "queue", 7]

    assert caplog.messages == [
        "ACCESSLOG_SINK is 'quue': Choose one of queue, spool, direct. Until then 'queue' counts."
    ]
