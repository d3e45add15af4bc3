"""Which database a table is in."""

from __future__ import annotations

from typing import Any

from django.test import override_settings

from ideolab_accesslog import databases


class Router:
    """Sends the audit and the counters to databases of their own."""

    def db_for_write(self, model: Any, **_hints: Any) -> str:
        """The alias by the table's name."""
        return {"FirewallActionLog": "audit", "Total": "counters"}.get(model.__name__, "default")


def test_without_routers_all_is_in_the_default() -> None:
    """The usual site."""
    assert (databases.firewall(), databases.totals()) == ("default", "default")


@override_settings(DATABASE_ROUTERS=[f"{__name__}.Router"])
def test_the_routers_of_the_site_count() -> None:
    """Each table where its router sends it."""
    assert (databases.firewall(), databases.totals()) == ("audit", "counters")
