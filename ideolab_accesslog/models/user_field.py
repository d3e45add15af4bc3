"""A column for the user of a row, who may be deleted later or be kept in another database."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db import models, router
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor


class _UserAccessor(ForwardManyToOneDescriptor):
    """`row.user`: the user, or None once the user is deleted."""

    def get_queryset(self, **hints: Any) -> Any:
        """Return the users of the row's database; where it has none, those of the site."""
        model = self.field.remote_field.model
        row = hints.get("instance")
        if row is None or router.allow_migrate_model(row._state.db or "default", model):
            return super().get_queryset(**hints)
        return model._base_manager.using(router.db_for_read(model))

    def get_object(self, instance: Any) -> Any:
        """Return the user of a row, or None."""
        try:
            return super().get_object(instance)
        except ObjectDoesNotExist:
            return None


def set_null_where_it_is(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
    """SET_NULL, unless the table is in another database than the user who is deleted."""
    if router.allow_migrate_model(using, field.model):
        models.SET_NULL(collector, field, sub_objs, using)


# as SET_NULL: Django reads no rows for it
set_null_where_it_is.lazy_sub_objs = True  # type: ignore[attr-defined]


class UserField(models.ForeignKey):
    """A user of a log: `row.user` is None once he is deleted, and the users may be in another database."""

    forward_related_accessor_class = _UserAccessor

    def deconstruct(self) -> Any:
        """Return what makes the column: that of a plain ForeignKey, which it was at first."""
        name, _path, args, options = super().deconstruct()
        if options["on_delete"] is set_null_where_it_is:
            options["on_delete"] = models.SET_NULL
        return name, "django.db.models.ForeignKey", args, options

    def value_from_object(self, obj: Any) -> Any:
        """Return the number; None for a user who was looked for and is gone.

        A dump with natural keys asks for the number of whoever has no natural key. In another
        database that number is another user's.
        """
        is_gone = self.is_cached(obj) and self.get_cached_value(obj) is None
        return None if is_gone else super().value_from_object(obj)
