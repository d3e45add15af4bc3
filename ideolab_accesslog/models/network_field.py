"""A column for an address, or for the /64 of IPv6 addresses that are one customer."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.networks import parse


class NetworkFormField(forms.CharField):
    """What a form takes for a NetworkField."""

    def to_python(self, value: Any) -> str:
        """Return the text in its one notation; ValidationError for what is no address and no /64."""
        text: str = super().to_python(value)
        if not text:
            return text
        _validate_network(text)
        return str(parse(text))


class NetworkField(models.GenericIPAddressField):
    """An address, or the /64 of IPv6 addresses that are one customer; the column is that of an address."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default_validators = [_validate_network]

    def to_python(self, value: Any) -> Any:
        """Return the text in its one notation; ValidationError for what is neither."""
        if value is None or not str(value).strip():
            return super().to_python(value)
        _validate_network(str(value))
        return str(parse(str(value)))

    def get_prep_value(self, value: Any) -> Any:
        """Return the text in its one notation, also for a query; any other text as it is."""
        if value is None:
            return None
        try:
            return str(parse(str(value)))
        except ValueError:
            return super().get_prep_value(value)

    def formfield(self, **options: Any) -> Any:
        """Return a field that takes networks too; Django's own takes addresses alone."""
        return models.Field.formfield(self, **{"form_class": NetworkFormField, **options})

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return the value for the database; PostgreSQL's inet holds networks too."""
        value = value if prepared else self.get_prep_value(value)
        if connection.vendor == "postgresql" and isinstance(value, str) and "/" in value:
            from django.db.backends.postgresql import psycopg_any

            return ip_interface(value) if psycopg_any.is_psycopg3 else psycopg_any.Inet(value)
        return super().get_db_prep_value(value, connection, prepared=True)


def _validate_network(value: str) -> None:
    try:
        parse(value)
    except ValueError as error:
        raise ValidationError(_("Not an address: %(words)s"), params={"words": value[:60]}) from error
