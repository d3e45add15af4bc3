"""The site's own log: off, refused by the database, and well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.backends.signals import connection_created
from django.test import Client

from ideolab_accesslog.access import recorder
from ideolab_accesslog.dashboard.sources.site_log import check_site


def test_the_own_log_is_off(settings: Any) -> None:
    """Then what Django sees is unknown."""
    states = []
    for is_on in (True, False):
        settings.TRASHIP_ENABLED = is_on
        states.append(check_site().state)

    assert states == ["ok", "absent"]
    assert check_site().text.startswith("TRASHIP_ENABLED is off")
    settings.TRASHIP_ENABLED, settings.MIDDLEWARE = True, []
    assert check_site().state == "absent"
    assert "is not in MIDDLEWARE: what Django sees is not written down" in check_site().text


@pytest.mark.parametrize("sink", ["queue", "spool", "direct"])
def test_a_database_that_cannot_be_written(sink: str, database: str, settings: Any, tmp_path: Path) -> None:
    """What Django sees is not stored then, and the page does not say that it is; later it is ok again."""
    settings.ACCESSLOG_SINK, settings.ACCESSLOG_SPOOL = sink, str(tmp_path / "spool")
    recorder.forget()
    connection_created.connect(_refuse_writing)
    try:
        states = [_visit_anew()]
    finally:
        connection_created.disconnect(_refuse_writing)
    states.append(_visit_anew())

    assert states == ["behind", "ok"]


def _refuse_writing(connection: Any, **_others: Any) -> None:
    connection.cursor().execute("PRAGMA query_only = ON")


def _visit_anew() -> str:
    """Ask for a page with a new connection of the database; return the state of the site's own log."""
    connection.close()
    Client().get("/ok/")
    recorder.flush()
    return check_site().state
