"""A router: the app's tables are in a database of their own, the users in another one."""

from __future__ import annotations

from typing import Any, Optional

APP = "ideolab_accesslog"


class Router:
    """Sends the app to `logs` and all else to `default`."""

    def db_for_read(self, model: Any, **_hints: Any) -> str:
        """The alias for a model."""
        return "logs" if model._meta.app_label == APP else "default"

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, **_hints: Any) -> Optional[bool]:
        """Each table in its database only."""
        return db == ("logs" if app_label == APP else "default")
