"""What goes wrong with the table of AS numbers."""

from __future__ import annotations


class AsnTableError(RuntimeError):
    """The table is missing or broken; the text names it and the command that builds it."""
