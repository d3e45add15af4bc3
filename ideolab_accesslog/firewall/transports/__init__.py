"""The ways to the firewall: a line of manual.log, the root helper, or neither on this host."""

from __future__ import annotations

import sys

from ideolab_accesslog.conf import conf
from ideolab_accesslog.firewall.transports import absent, helper, log
from ideolab_accesslog.firewall.transports.order import Transport
from ideolab_accesslog.scheduler import runs_tests


def choose(action: str) -> Transport:
    """Return the transport of an action by TRASHIP_FIREWALL_TRANSPORT.

    "log" bans by a line, and asks the helper, where it is installed, for the rest. Beside tests, none.
    """
    if sys.platform == "win32" or runs_tests():
        return absent
    if conf.TRASHIP_FIREWALL_TRANSPORT == "helper":
        return helper
    if action == "ban":
        return log
    return helper if helper.is_installed() else absent
