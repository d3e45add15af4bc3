"""Takes away the rules and lists of a backend that no jail has any more."""

from __future__ import annotations

import contextlib
import logging
from typing import Callable

from ideolab_f2b.complaint import Complaint
from ideolab_f2b.firewall import orphans, rule
from ideolab_f2b.firewall.backend import Backend
from ideolab_f2b.firewall.names import LISTS
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.kernel.ipset.error import SetBusyError, SetMissingError

_log = logging.getLogger("fail2ban.ideolab-ban")


class LeftBackend:
    """One backend; what cannot be taken away drops nobody, and is said once."""

    def __init__(self, backend: Backend, clock: Callable[[], float]) -> None:
        self._backend = backend
        self._complaint = Complaint(_log.warning, float("inf"), clock)

    def clear(self) -> None:
        """Take rules, then lists away, once the lists are empty; KernelError."""
        with contextlib.closing(self._backend.open()) as kernel:
            if any(orphans.members(kernel, name) for name in LISTS):
                return
            for version in rule.PROGRAMS:
                self._remove_rules(version)
            for name in LISTS:
                # the kernel lets go of a list a moment after its rule: then the next pass does it
                with contextlib.suppress(SetMissingError, SetBusyError):
                    kernel.destroy(name)

    def _remove_rules(self, version: int) -> None:
        try:
            self._backend.remove_all(version)
            self._backend.drop_ports(version)
        except RuleError as error:
            if version == 4 or rule.has_ipv6():
                name = self._backend.name
                self._complaint.say(f"the rules of {name}, which match nothing any more, stay: {error}", name)
