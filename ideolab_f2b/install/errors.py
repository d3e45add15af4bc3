"""The errors of the installer; the text of each says what went wrong and what to do."""

from __future__ import annotations


class InstallError(RuntimeError):
    """An install or uninstall ends without success; `outcome` says what is changed on the host."""

    def __init__(self, text: str, outcome: str = "Nothing was changed.") -> None:
        super().__init__(text)
        self.outcome = outcome


class CommandError(InstallError):
    """A program failed; the text is its command line and what it printed."""


class TrialError(InstallError):
    """fail2ban does not start with a configuration; the text is fail2ban's own."""
