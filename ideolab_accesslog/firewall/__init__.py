"""Bans, unbans and checks: what is wanted, what the firewall answered, and how the two are compared.

One call is a straight line: `calls` parses and refuses, `intents` writes the rows in one transaction, at its
commit one of the `transports` runs for all addresses, `answers` stores what it said. Sites call
`firewall.ban`, `firewall.unban` and `firewall.check`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ideolab_accesslog.firewall.calls import ban as ban
    from ideolab_accesslog.firewall.calls import check as check
    from ideolab_accesslog.firewall.calls import unban as unban


def __getattr__(name: str) -> Any:
    """Return ban, unban or check; `calls` is imported when one is asked for, because it needs the models."""
    if name not in ("ban", "unban", "check"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ideolab_accesslog.firewall import calls

    return getattr(calls, name)
