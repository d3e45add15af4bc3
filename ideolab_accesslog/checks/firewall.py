"""Whether what the admin clicks can be done on this host."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

from django.core.checks import CheckMessage, register

from ideolab_accesslog.checks.message import list_messages, make_warning
from ideolab_accesslog.checks.values import is_lost
from ideolab_accesslog.conf import conf


@register()
@list_messages
def firewall() -> Iterator[CheckMessage]:
    """W006, W007: can what the admin clicks be done here?"""
    if not conf.TRASHIP_FIREWALL_EXECUTE:
        if conf.TRASHIP_AUTO_BAN:
            yield make_warning(
                7,
                "TRASHIP_AUTO_BAN is on, TRASHIP_FIREWALL_EXECUTE is off: a ban only gives a 403",
                "Set TRASHIP_FIREWALL_EXECUTE = True on the host whose firewall shall drop banned addresses.",
            )
        return
    if sys.platform == "win32":
        yield make_warning(6, "TRASHIP_FIREWALL_EXECUTE: Windows has no ipset", "Set it to False here.")
    elif conf.TRASHIP_FIREWALL_TRANSPORT == "helper" and not is_lost("TRASHIP_FIREWALL_HELPER"):
        words = map(str, conf.TRASHIP_FIREWALL_HELPER)
        missing = [word for word in words if word[:1] == "/" and not os.path.exists(word)]
        if missing:
            yield make_warning(
                6,
                f"TRASHIP_FIREWALL_HELPER: {', '.join(missing)} does not exist",
                "Run `sudo scripts/install --sudo-for USER`, and see docs/firewall.md.",
            )
