"""What the commands have in common that run by themselves."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.accesslog.conftest import VENDORS


@pytest.mark.parametrize("database", VENDORS, indirect=True)
def test_a_site_that_is_not_migrated(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line with the way out, where a journal had a traceback each minute."""
    table = "ideolab_accesslog_eventoffset"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO {table}_away")
        try:
            with pytest.raises(CommandError, match=f"{table}.*: run `manage.py migrate`$"):
                call_command("accesslog_metrics", "--output", "-")
        finally:
            cursor.execute(f"ALTER TABLE {table}_away RENAME TO {table}")
