"""Finds out whether a session is that of a user who has logged in; for the writer's thread alone.

A cookie is the client's own text: only the site's session and the row of its user prove something. Neither is
changed here: Django's get_user() gives a session another key, which nobody would tell the browser. Only where
sessions are files, Django itself deletes one whose time is over.
"""

from __future__ import annotations

import logging
from importlib import import_module
from time import monotonic
from typing import Any, Callable

from django.conf import settings
from django.contrib import auth
from django.db import InterfaceError, OperationalError
from django.utils.crypto import constant_time_compare

from ideolab_accesslog.access.row import digest
from ideolab_accesslog.scheduler import close_connections

logger = logging.getLogger("ideolab_accesslog")

#: seconds that a login is believed without another look; that a session has none is believed as long as
#: its address is remembered: a login gives the session another key
LOGIN_S = 60.0
NO_LOGIN_S = 600.0
#: sessions that are remembered
SESSIONS_MAX = 10_000
#: sessions without a login for which one address may have the database asked: it invents as many as it wants
INVENTED_MAX = 20
#: addresses whose invented sessions are counted
ADDRESSES_MAX = 5000
#: sessions without a login for which all addresses together may have the database asked in NO_LOGIN_S: who
#: has many addresses invents a few for each
ALL_INVENTED_MAX = 5000


class Logins:
    """What is known of sessions and of the addresses that invent them. One per process."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        #: {digest of the key: (until when it is believed, whether there is a user)}
        self._known: dict[str, tuple[float, bool]] = {}
        #: {address: (end of its window, sessions without a login)}
        self._invented: dict[str, tuple[float, int]] = {}
        #: the same for all addresses together
        self._all_invented: tuple[float, int] = (0.0, 0)
        self._is_failing = False

    def has_user(self, session_key: str, address: str) -> bool:
        """Return whether the session is a user's; False also on an error, or after too many questions."""
        name, now = digest(session_key), self._clock()
        until, is_user = self._known.get(name, (0.0, False))
        if until > now:
            return is_user
        end, count = self._invented.get(address, (0.0, 0))
        all_end, all_count = self._all_invented
        if (end > now and count >= INVENTED_MAX) or (all_end > now and all_count >= ALL_INVENTED_MAX):
            return False
        try:
            is_user = is_logged_in(session_key)
            self._is_failing = False
        except (OperationalError, InterfaceError):
            self._report_failure()
            return False
        except Exception:
            # a key that a database or a cache cannot take is the client's own
            is_user = False
        _remember(self._known, SESSIONS_MAX, name, (now + (LOGIN_S if is_user else NO_LOGIN_S), is_user))
        if not is_user:
            end, count = (end, count) if end > now else (now + NO_LOGIN_S, 0)
            _remember(self._invented, ADDRESSES_MAX, address, (end, count + 1))
            self._all_invented = (all_end, all_count + 1) if all_end > now else (now + NO_LOGIN_S, 1)
        return is_user

    def _report_failure(self) -> None:
        if not self._is_failing:
            self._is_failing = True
            logger.warning("TrashIP: sessions cannot be read: users count as anybody", exc_info=True)
        close_connections()


def _remember(known: dict[str, Any], most: int, name: str, value: Any) -> None:
    known.pop(name, None)
    while len(known) >= most:
        del known[next(iter(known))]
    known[name] = value


def is_logged_in(session_key: str) -> bool:
    """Return whether the site's session with this key is that of a user who may still log in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    backend, key = session.get(auth.BACKEND_SESSION_KEY), session.get(auth.SESSION_KEY)
    if key is None or backend not in settings.AUTHENTICATION_BACKENDS:
        return False
    pk = auth.get_user_model()._meta.pk.to_python(key)
    # mypy knows no get_user() of a backend; Django's own middleware calls it
    user = getattr(auth.load_backend(backend), "get_user")(pk)  # noqa: B009
    return user is not None and _is_its_session(user, session.get(auth.HASH_SESSION_KEY))


def _is_its_session(user: Any, session_hash: Any) -> bool:
    """Return whether the session is not older than the user's password."""
    if not hasattr(user, "get_session_auth_hash"):
        return True
    hashes = [user.get_session_auth_hash(), *getattr(user, "get_session_auth_fallback_hash", tuple)()]
    return bool(session_hash) and any(constant_time_compare(session_hash, one) for one in hashes)
