"""A column for what can be banned: an address, a network or an AS number.

The column is that of an address, so that no table is written when it takes more. PostgreSQL's inet has no AS
numbers: AS64500 is stored as 100::6:4500/64, its digits in the host bits of a network that no router passes
on (RFC 6666). No address and no network has that value, because networks are stored without host bits.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_interface
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from ideolab_accesslog.networks import parse_wanted
from ideolab_f2b.notation import as_number

#: first 64 bits of the value that is an AS number in PostgreSQL
_AS_PREFIX = int(IPv6Address("100::"))
_AS_BITS = 64


class NetworkFormField(forms.CharField):
    """What a form takes for a NetworkField."""

    def to_python(self, value: Any) -> str:
        """Return the text in its one notation; ValidationError for what can have no row."""
        text: str = super().to_python(value)
        if not text:
            return text
        _validate_network(text)
        return str(parse_wanted(text))


class NetworkField(models.GenericIPAddressField):
    """An address, a network or an AS number, as text; the column is that of an address."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.default_validators = [_validate_network]

    def to_python(self, value: Any) -> Any:
        """Return the text in its one notation; ValidationError for what is none of them."""
        if value is None or not str(value).strip():
            return super().to_python(value)
        _validate_network(str(value))
        return str(parse_wanted(str(value)))

    def get_prep_value(self, value: Any) -> Any:
        """Return the text in its one notation, also for a query; any other text as it is."""
        if value is None:
            return None
        try:
            return str(parse_wanted(str(value)))
        except ValueError:
            return super().get_prep_value(value)

    def formfield(self, **options: Any) -> Any:
        """Return a field that takes networks too; Django's own takes addresses alone."""
        return models.Field.formfield(self, **{"form_class": NetworkFormField, **options})

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Return the value for the database; PostgreSQL's inet holds networks too."""
        value = value if prepared else self.get_prep_value(value)
        if connection.vendor == "postgresql" and isinstance(value, str):
            value = _hide_as_number(value)
            if "/" in value:
                from django.db.backends.postgresql import psycopg_any

                return ip_interface(value) if psycopg_any.is_psycopg3 else psycopg_any.Inet(value)
        return super().get_db_prep_value(value, connection, prepared=True)

    def from_db_value(self, value: Any, _expression: Any, connection: Any) -> Any:
        """Return the text; PostgreSQL's value of an AS number as AS64500."""
        if connection.vendor == "postgresql" and isinstance(value, str) and value.startswith("100:"):
            return _show_as_number(value)
        return value


def _hide_as_number(text: str) -> str:
    """Return PostgreSQL's value of an AS number; any other text as it is."""
    try:
        number = as_number.parse(text)
    except ValueError:
        return text
    # the decimal digits, read as hexadecimal ones: who looks into the table can read the number
    return f"{IPv6Address(_AS_PREFIX | int(str(number), 16))}/{_AS_BITS}"


def _show_as_number(text: str) -> str:
    """Return AS64500 for its value in PostgreSQL; any other text as it is."""
    address, _slash, bits = text.partition("/")
    host = int(IPv6Address(address)) ^ _AS_PREFIX
    if bits != str(_AS_BITS) or not 0 < host < 1 << _AS_BITS:
        return text
    return f"AS{host:x}"


def _validate_network(value: str) -> None:
    try:
        parse_wanted(value)
    except ValueError as error:
        raise ValidationError(_("Not an address: %(words)s"), params={"words": value[:60]}) from error
