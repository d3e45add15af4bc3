"""The verb `bans`: what fail2ban holds, what the kernel holds, and where they differ."""

from __future__ import annotations

from ideolab_f2b.bans.command import add_arguments, run

__all__ = ["add_arguments", "run"]
