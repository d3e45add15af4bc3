"""Numbers inside of sentences, as the reader's language writes them."""

from __future__ import annotations

from django.utils.formats import number_format


def show_number(value: int) -> str:
    """Return `1,219`, in French `1 219`."""
    return str(number_format(value, force_grouping=True))
