"""Finds out which hook the DROP rule should have: what the server says; while it is down, where it stands."""

from __future__ import annotations

import contextlib
from typing import Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.firewall.backend import BACKENDS, Backend
from ideolab_f2b.firewall.chains import DEFAULT, HOOKS
from ideolab_f2b.firewall.rule import RuleError
from ideolab_f2b.places import ACTION


def find(version: int, backend: Backend = BACKENDS["ipset"]) -> str:
    """Return the hook of a family; the default when neither the server nor a rule tells."""
    return ask() or _find_standing(version, backend) or DEFAULT


def ask() -> Optional[str]:
    """Return what the jails of the server agreed on; None when no jail says."""
    with contextlib.suppress(fail2ban_client.ClientError):
        for jail in sorted(fail2ban_client.jails()):
            action = fail2ban_client.find_action(jail, ACTION)
            told = (fail2ban_client.stats(jail, action) or {}).get("hook") if action else None
            if told in HOOKS:
                return str(told)
    return None


def _find_standing(version: int, backend: Backend) -> Optional[str]:
    with contextlib.suppress(RuleError):
        for hook in HOOKS:
            if any(one.copies for one in backend.look(version, hook).positions):
                return hook
    return None
