"""Asks the jail's ignorecommand where fail2ban does not: for bans by hand, and for members of networks."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any, NamedTuple, Optional

from ideolab_f2b.actions.protected.refusal import short
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.kernel.address import Address
from ideolab_f2b.kernel.ipset.element import Network
from ideolab_f2b.kernel.sockets.peers import find_peers

#: seconds for one answer; fail2ban itself waits for a minute
LIMIT_S = 2.0
#: seconds of questions in a WINDOW_S: a command that hangs must not keep bans from an attack
BUDGET_S = 10.0
WINDOW_S = 60.0
#: addresses of a network that are asked for: each one of an IPv4 /24, the widest network that a line bans
MEMBERS = 256
#: seconds that an answer is good for, and how many are kept
KEPT_S = 60.0
KEPT = 4096
SAY_AGAIN_S = 600.0
#: the command: fail2ban takes 0 for "ignore", 1 for "do not", anything else for a failure
_IGNORE, _BAN = 0, 1
_log = logging.getLogger("fail2ban.ideolab-ban")

#: runs a shell command, and returns its exit code; None when it took too long
Run = Callable[[str], Optional[int]]


class _CommandAnswer(NamedTuple):
    when: float
    is_spared: bool


class IgnoreCommand:
    """The command of one jail; for any thread, and it holds no lock while it asks."""

    def __init__(
        self,
        jail: Any,
        ports: Callable[[], Collection[int]],
        clock: Callable[[], float] = time.monotonic,
        run: Optional[Run] = None,
        find_peers: Callable[[Network, Collection[int]], Iterable[Address]] = find_peers,
    ) -> None:
        self._jail, self._ports, self._clock = jail, ports, clock
        self._run, self._find_peers = run or run_command, find_peers
        self._complaint = Complaint(functools.partial(_log.error, "[%s] %s", jail.name), SAY_AGAIN_S, clock)
        self._answers: dict[str, _CommandAnswer] = {}
        self._window, self._spent_s = float("-inf"), 0.0

    def refusal(self, network: Network) -> Optional[str]:
        """Why the network is not banned: the command spares it, or a member of it; None when it may be.

        A command that fails, or takes too long, spares nobody: that is said, and the ban goes on.
        """
        if not getattr(self._jail.filter, "ignoreCommand", False):
            return None
        text = short(network)
        if self._spares(text):
            return f"{text} is spared by ignorecommand"
        for member in self._members(network):
            if self._spares(member):
                return f"{text} holds {member}, which ignorecommand spares"
        return None

    def _members(self, network: Network) -> Iterator[str]:
        if network.num_addresses == 1:
            return
        if network.num_addresses <= MEMBERS:
            yield from map(str, network)
            return
        try:
            found = sorted(set(self._find_peers(network, self._ports())), key=int)
        except OSError as error:
            self._complaint.say(f"ignorecommand is not asked for members of networks: {error}", "peers")
            return
        yield from map(str, found[:MEMBERS])

    def _spares(self, text: str) -> bool:
        known = self._answers.get(text)
        if known is not None and self._clock() - known.when < KEPT_S:
            return known.is_spared
        is_spared = self._ask(text)
        if len(self._answers) >= KEPT:
            self._answers = {}
        self._answers[text] = _CommandAnswer(self._clock(), is_spared)
        return is_spared

    def _ask(self, text: str) -> bool:
        began = self._clock()
        if began - self._window >= WINDOW_S:
            self._window, self._spent_s = began, 0.0
        if self._spent_s >= BUDGET_S:
            self._complaint.say(
                f"ignorecommand took {BUDGET_S:.0f} s of a minute and is not asked for {text} and others",
                "budget",
            )
            return False
        try:
            code = self._run(fill_in(self._jail, text))
        except Exception as error:
            self._complaint.say(f"ignorecommand is not asked: {error!r}", "failure")
            return False
        finally:
            self._spent_s += self._clock() - began
        if code not in (_IGNORE, _BAN):
            why = f"had no answer in {LIMIT_S:.0f} s" if code is None else f"ended with {code}"
            self._complaint.say(f"ignorecommand {why} for {text}, and spares nobody by that", "failure")
        return code == _IGNORE


def fill_in(jail: Any, text: str) -> str:
    """Return the command for an address or a network, as fail2ban's filter asks it of a failure."""
    # here: another fail2ban may have them elsewhere, and must not lose its bans by that
    from fail2ban.server.action import CommandAction
    from fail2ban.server.actions import Actions
    from fail2ban.server.ipdns import IPAddr
    from fail2ban.server.ticket import FailTicket

    ticket = FailTicket(IPAddr(text), time.time())
    filled: str = CommandAction.replaceDynamicTags(
        jail.filter.ignoreCommand, Actions.ActionInfo(ticket, jail)
    )
    return filled


def run_command(command: str) -> Optional[int]:
    """Run it in a shell, as fail2ban does; what takes too long is killed, with all that it has started.

    fail2ban's own executeCmd holds a lock that all shell actions of the server wait for.
    """
    null = subprocess.DEVNULL
    with subprocess.Popen(
        ["/bin/sh", "-c", command], stdin=null, stdout=null, stderr=null, start_new_session=True
    ) as process:
        try:
            return process.wait(LIMIT_S)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
