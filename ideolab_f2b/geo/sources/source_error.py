"""The error of a file that cannot be used as a source."""

from __future__ import annotations


class CountrySourceError(ValueError):
    """A file is missing, no source, or broken; the text names it and what to do."""
