"""The databases that the tests stand on."""

from __future__ import annotations

import pytest
from django.db import connection

from ideolab_accesslog.models import TrashIP
from tests.accesslog.conftest import VENDORS


@pytest.mark.parametrize("database", VENDORS, indirect=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_an_empty_database_of_its_vendor(database: str, turn: int) -> None:
    """Whatever the test before left."""
    assert connection.vendor == database
    assert TrashIP.objects.count() == 0

    TrashIP.objects.create(ip="198.51.100.7")
    assert TrashIP.objects.count() == 1
