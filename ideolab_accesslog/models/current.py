"""Rows as they are now, where the site reads from a replica that is behind."""

from __future__ import annotations

from typing import Any

from django.db import models, router


class CurrentManager(models.Manager):
    """Reads where rows are written: a replica is behind, and knows of a ban or of its end later."""

    def get_queryset(self) -> Any:
        """Return all rows, of the database that the site's routers write them to."""
        rows = super().get_queryset()
        return rows if self._db else rows.using(router.db_for_write(self.model))
