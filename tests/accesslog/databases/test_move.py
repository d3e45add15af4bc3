"""Which tables are moved, and what becomes of a row that is in the file already."""

from __future__ import annotations

from typing import Any

from ideolab_accesslog.databases.move import CONFLICTS, find_tables


def _is_unique(model: Any) -> bool:
    """Whether a row can be refused because of another one."""
    return bool(model._meta.total_unique_constraints) or any(
        field.unique and not field.primary_key for field in model._meta.concrete_fields
    )


def test_every_table_is_moved_once() -> None:
    """Also those that came with the events of fail2ban."""
    assert sorted(model._meta.db_table.removeprefix("ideolab_accesslog_") for model in find_tables()) == [
        "accesslog",
        "connmonevent",
        "eventday",
        "eventhour",
        "eventminute",
        "eventoffset",
        "firewallactionlog",
        "loadedspool",
        "offencelog",
        "total",
        "traship",
    ]


def test_a_row_that_is_there_already_has_a_rule() -> None:
    """Without one the move would end with an error, and never go on."""
    assert sorted(CONFLICTS) == sorted(model._meta.model_name for model in find_tables() if _is_unique(model))
