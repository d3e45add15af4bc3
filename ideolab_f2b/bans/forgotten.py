"""Deletes elements that fail2ban has forgotten; where its server alone may change the table, it does it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from itertools import islice

from ideolab_f2b import fail2ban_client
from ideolab_f2b.bans.ban import BATCH
from ideolab_f2b.firewall.all_sets import AllSets, HeldElement
from ideolab_f2b.kernel.netlink import PermissionDeniedError
from ideolab_f2b.places import ACTION


def delete(sets: AllSets, held: Collection[HeldElement], options: tuple[str, ...] = ()) -> None:
    """Delete elements; what has expired meanwhile is no error. KernelError, ClientError."""
    try:
        sets.delete(held)
    except PermissionDeniedError:
        jail, action = _find_action(options)
        for part in _batches(held):
            asked = json.dumps({"elements": [[one.set, str(one.network)] for one in part]})
            fail2ban_client.ask("set", jail, "action", action, "delete_elements", asked, options=options)


def _find_action(options: tuple[str, ...]) -> tuple[str, str]:
    """Return a running jail and its action of ours; ClientError."""
    for jail in sorted(fail2ban_client.jails(options)):
        action = fail2ban_client.find_action(jail, ACTION, options)
        if action:
            return jail, action
    raise fail2ban_client.ClientError(f"no jail that runs has {ACTION}; run ideolab-f2b check")


def _batches(held: Iterable[HeldElement]) -> Iterable[list[HeldElement]]:
    rest = iter(held)
    return iter(lambda: list(islice(rest, BATCH)), [])
