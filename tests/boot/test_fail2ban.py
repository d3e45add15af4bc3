"""A boot restores what fail2ban's own code restores, with the same time, whatever the jail is."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any, Optional

import pytest
from fail2ban.server.database import Fail2BanDb
from fail2ban.server.jail import Jail

from ideolab_f2b.actions.options import Options
from ideolab_f2b.actions.sets_file import make_record
from ideolab_f2b.actions.ttl import timeout
from ideolab_f2b.boot import database
from ideolab_f2b.boot.remaining import find_timeout
from tests.boot.fail2ban_database import make

BANTIMES = (-1, 600, 3600)
#: of bantime.increment and bantime.maxtime
INCREMENTS = (("false", None), ("true", None), ("true", "86400"))


def restore(jail: Any, now: float) -> dict[str, int]:
    """Return what fail2ban puts into the jail's queue, with the timeouts that the ban action gives."""
    jail.restoreCurrentBans()
    found = {}
    while jail.hasFailTickets:
        ticket = jail.getFailTicket()
        found[str(ticket.getID())] = timeout(ticket.getTime(), ticket.getBanTime(-1), now)
    return found


@pytest.mark.parametrize("bantime", BANTIMES)
@pytest.mark.parametrize(("increment", "longest"), INCREMENTS)
def test_the_same_as_fail2ban(tmp_path: Path, bantime: int, increment: str, longest: Optional[str]) -> None:
    """Bans of all ages and times, over and not."""
    pick, now = random.Random(15), int(time.time())
    rows = [
        ("scene", f"198.51.{number >> 8}.{number & 255}", now - pick.choice((5, 700, 3700, 90_000, 10**6)),
         pick.choice((-2, -1, 30, 600, 3600, 7200, 86_400, 30 * 86_400)))
        for number in range(400)
    ]  # fmt: skip
    path = make(tmp_path / "fail2ban.sqlite3", rows)
    jail = Jail("scene", backend="polling")
    jail.database = base = Fail2BanDb(str(path))
    jail.actions.setBanTime(bantime)
    jail.setBanTimeExtra("increment", increment)
    if longest:
        jail.setBanTimeExtra("maxtime", longest)
    record = make_record(jail, Options(set="scene"), "ipset")
    theirs = restore(jail, now)
    base.close()

    found = {ban.identity: find_timeout(ban, record, now) for ban in database.read(str(path), now)}

    ours = {identity: left for identity, left in found.items() if left is not None}
    assert sorted(ours) == sorted(theirs) != []
    assert [identity for identity in ours if abs(ours[identity] - theirs[identity]) > 2] == []
