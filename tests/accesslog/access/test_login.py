"""Sessions and the users that they are of."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.test import Client

from ideolab_accesslog.access import login
from ideolab_accesslog.access.login import Logins, is_logged_in

ADDRESS = "198.51.100.66"


def session_of(name: str = "ann") -> str:
    client = Client()
    client.force_login(get_user_model().objects.create_user(name, password="one"))  # noqa: S106
    return str(client.session.session_key)


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the database says of each session; `asked` counts the questions."""
    said: dict[str, Any] = {"asked": 0}

    def ask(key: str) -> bool:
        said["asked"] += 1
        answer: Callable[[], bool] = said.get(key, lambda: False)
        return answer()

    monkeypatch.setattr(login, "is_logged_in", ask)
    return said


def test_a_login(database: str) -> None:
    """And nothing else: no key, an invented one, a session of nobody."""
    anonymous = Client().session
    anonymous["cart"] = 7
    anonymous.save()

    assert is_logged_in(session_of())
    assert not any(map(is_logged_in, ("", "a" * 32, "../../etc", str(anonymous.session_key))))


def test_the_session_stays_as_it_is(database: str, settings: Any) -> None:
    """Django would give it another key after a change of SECRET_KEY, or end it after one of the password."""
    key = session_of()
    before = Session.objects.get().session_data
    settings.SECRET_KEY_FALLBACKS = [django_settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    user = get_user_model().objects.get()
    # the data is signed with the old key as well
    assert is_logged_in(key)
    user.set_password("two")
    user.save()
    assert not is_logged_in(key)

    assert Session.objects.get().session_data == before


def test_a_backend_that_the_site_has_no_longer(database: str, settings: Any) -> None:
    """Proves nobody."""
    key = session_of()
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.RemoteUserBackend"]

    assert not is_logged_in(key)


def test_answers_are_remembered(answers: dict[str, Any]) -> None:
    """A login for a minute, the absence of one for a window."""
    now = [0.0]
    logins = Logins(lambda: now[0])
    answers["ann"] = lambda: True
    for _ in range(3):
        assert logins.has_user("ann", ADDRESS)
        assert not logins.has_user("cart", ADDRESS)
    assert answers["asked"] == 2

    now[0] = 61.0
    answers["ann"] = lambda: False
    assert not logins.has_user("ann", ADDRESS)
    assert not logins.has_user("cart", ADDRESS)
    assert answers["asked"] == 3


def test_who_invents_sessions_has_few_looked_up(answers: dict[str, Any]) -> None:
    """Twenty in a window, of one address; others are asked for as before."""
    now = [0.0]
    logins = Logins(lambda: now[0])
    for number in range(1000):
        logins.has_user(f"invented-{number}", ADDRESS)
    assert answers["asked"] == login.INVENTED_MAX

    answers["ann"] = lambda: True
    assert logins.has_user("ann", "198.51.100.67")
    assert not logins.has_user("bob", ADDRESS)
    now[0] = 601.0
    answers["bob"] = lambda: True
    assert logins.has_user("bob", ADDRESS)


def test_many_addresses_may_not_ask_for_ever(
    answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A botnet invents a few sessions for each of its addresses."""
    monkeypatch.setattr(login, "ALL_INVENTED_MAX", 100)
    now = [0.0]
    logins = Logins(lambda: now[0])
    answers["ann"] = lambda: True
    assert logins.has_user("ann", ADDRESS)
    for number in range(300):
        logins.has_user(f"invented-{number}", f"198.51.100.{number % 250}")
    assert answers["asked"] <= 101

    # who is known stays known
    assert logins.has_user("ann", ADDRESS)
    now[0] = 601.0
    assert logins.has_user("ann", ADDRESS)


def test_what_is_remembered_is_bounded(answers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions and addresses; the oldest go first."""
    monkeypatch.setattr(login, "SESSIONS_MAX", 5)
    monkeypatch.setattr(login, "ADDRESSES_MAX", 3)
    logins = Logins()
    for number in range(20):
        logins.has_user(f"key-{number}", f"198.51.100.{number}")

    assert len(logins._known) == 5
    assert list(logins._invented) == ["198.51.100.17", "198.51.100.18", "198.51.100.19"]


def test_a_database_that_is_down_proves_nobody(answers: dict[str, Any], caplog: Any) -> None:
    """It is said once, and asked again."""

    def fail() -> bool:
        raise OperationalError("no database")

    logins = Logins()
    answers["ann"] = fail
    assert not logins.has_user("ann", ADDRESS)
    assert not logins.has_user("ann", ADDRESS)
    assert caplog.text.count("sessions cannot be read") == 1

    answers["ann"] = lambda: True
    assert logins.has_user("ann", ADDRESS)


def test_a_key_that_no_database_takes_is_an_invented_one(database: str, caplog: Any) -> None:
    """It costs what others cost, and closes no connection."""
    logins = Logins()

    assert not any(
        logins.has_user(f"{key}{number}", ADDRESS) for key in ("\ud800", "\0") for number in range(50)
    )
    assert logins._invented[ADDRESS][1] == login.INVENTED_MAX
    assert caplog.text == ""
