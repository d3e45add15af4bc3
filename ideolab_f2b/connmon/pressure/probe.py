"""One connection of our own to the server: a full nginx ends it at once, another one waits for our hello.

Nobody else can make a server refuse it, so it proves what counters only suggest. It sends no byte, and is
closed after a tenth of a second.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from typing import Callable, Optional

from ideolab_f2b.kernel.sockets.listener import Listener

#: seconds that the server has to end the connection; a full nginx needs less than one thousandth
ANSWER_S = 0.1
#: seconds between two attempts to find out whether the server holds a silent connection at all
TEST_EVERY_S = 60.0
_LOOPBACK = {4: "127.0.0.1", 16: "::1"}


def destination(listener: Listener) -> str:
    """Return the address at which this host reaches the listener."""
    if any(listener.address):
        return str(ipaddress.ip_address(listener.address))
    return _LOOPBACK[len(listener.address)]


def is_refused(listener: Listener, port: int, answer_s: float = ANSWER_S) -> Optional[bool]:
    """Return whether the server accepted a connection and ended it at once; None when none came about."""
    family = socket.AF_INET if len(listener.address) == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as probing:
        probing.settimeout(answer_s)
        try:
            probing.connect((destination(listener), port))
        except ConnectionResetError:
            # accepted and ended before we looked; nobody listens would be another error
            return True
        except OSError:
            # a firewall, a full queue, or the sandbox: none of them says anything about slots
            return None
        return _ends(probing, answer_s)


def _ends(probing: socket.socket, answer_s: float) -> bool:
    # not select(), which knows no descriptor above 1023
    probing.settimeout(answer_s)
    try:
        return probing.recv(1) == b""
    except socket.timeout:
        return False
    except OSError:
        return True


class Probe:
    """Tries a connection when asked; a refusal counts only where one was held before."""

    def __init__(self, port: int, connect: Callable[[Listener, int], Optional[bool]] = is_refused) -> None:
        self._port, self._connect = port, connect
        self._was_held = False
        self._tried = float("-inf")

    def is_untested(self, when: float) -> bool:
        """Return whether it is time to find out if the server holds silent connections; `when` in seconds."""
        return not self._was_held and when - self._tried >= TEST_EVERY_S

    def measure(self, listeners: Sequence[Listener], when: float) -> Optional[bool]:
        """Return whether a connection was refused; None when that says nothing."""
        self._tried = when
        # one for any address is reached over the loopback interface
        reachable = sorted(listeners, key=lambda one: any(one.address))
        answer = self._connect(reachable[0], self._port) if reachable else None
        if answer is False:
            self._was_held = True
        return answer if self._was_held else None
