"""What the lab cannot do, told in one sentence with the way out."""

from __future__ import annotations


class LabError(RuntimeError):
    """A program of the lab is missing, failed to start or died."""
