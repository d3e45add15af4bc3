"""Checks that the next boot has the bans in force before the network: unit, its order, records, database."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator, Mapping
from typing import Optional

from ideolab_f2b import fail2ban_client
from ideolab_f2b.actions.jail_record import DEFAULT_PATH, JailRecordError, JailRecords
from ideolab_f2b.boot import database, restore
from ideolab_f2b.check.boot import systemctl
from ideolab_f2b.check.boot.services import find_links, judge_script
from ideolab_f2b.check.server import with_our_action
from ideolab_f2b.check.verdict import OK, Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.places import BAN_RESTORE, BAN_RESTORE_SCRIPT, find_compose, reinstall, restart, runs_systemd

CHECK = "boot bans"
#: what network setups wait for
TARGET = "network-pre.target"
_LATE = "the bans come back only when fail2ban has started"


def bans(_settings: Settings) -> Iterator[Verdict]:
    """Check what puts the bans in force, and what it reads; in a container of the pack nobody does."""
    if find_compose():
        return
    unit = _judge_starter()
    if unit.state != OK:
        yield unit
    yield _judge_files()


def _judge_starter() -> Verdict:
    if not runs_systemd():
        return judge_script(BAN_RESTORE_SCRIPT, find_links(BAN_RESTORE_SCRIPT))
    return judge_unit(systemctl.show(BAN_RESTORE, "UnitFileState", "ActiveState", "Before"))


def judge_unit(shown: Mapping[str, str]) -> Verdict:
    """Return the verdict on the unit, from what systemctl shows of it. Pure."""
    state, enable = shown.get("UnitFileState"), f"systemctl enable {BAN_RESTORE}"
    if state is None:
        return unknown(CHECK, f"systemctl does not say whether {BAN_RESTORE} starts with this host")
    if not state:
        return wrong(CHECK, f"{BAN_RESTORE} has no unit: {_LATE}", reinstall())
    if state == "masked":
        return wrong(CHECK, f"{BAN_RESTORE} is masked: {_LATE}", f"systemctl unmask {BAN_RESTORE}; {enable}")
    if state not in systemctl.ENABLED:
        return wrong(CHECK, f"{BAN_RESTORE} does not start with this host ({state}): {_LATE}", enable)
    if TARGET not in shown.get("Before", "").split():
        text = f"{BAN_RESTORE} has no order before {TARGET}: packets may come first"
        return wrong(CHECK, text, f"systemctl revert {BAN_RESTORE}, or {reinstall()}")
    if shown.get("ActiveState") == "failed":
        text = f"{BAN_RESTORE} has failed: journalctl -b -u {BAN_RESTORE} says why"
        return wrong(CHECK, text, f"mend that; systemctl reset-failed {BAN_RESTORE}")
    return ok(CHECK, f"{BAN_RESTORE} starts with this host before {TARGET}")


def _judge_files() -> Verdict:
    if os.geteuid() != 0:
        return unknown(CHECK, f"{DEFAULT_PATH} is root's")
    try:
        found = restore.read_records(DEFAULT_PATH)
    except FileNotFoundError:
        unseen = unknown(CHECK, f"{DEFAULT_PATH} is not there: no jail has started yet", restart("fail2ban"))
        return judge_records(JailRecords(), _find_running()) or unseen
    except (OSError, JailRecordError) as error:
        return wrong(CHECK, f"{DEFAULT_PATH}: {error}", restart("fail2ban"))
    return judge_records(found, _find_running()) or _judge_database(found)


def _find_running() -> Optional[set[str]]:
    """Return the running jails that ban by our action; None where fail2ban does not say."""
    try:
        return with_our_action(fail2ban_client.jails())
    except fail2ban_client.ClientError:
        return None


def judge_records(found: JailRecords, running: Optional[Collection[str]]) -> Optional[Verdict]:
    """Return what is wrong with the records of the jails that run, None for nothing. Pure."""
    missing = sorted(set(running or ()) - {each.jail for each in found.jails})
    if missing:
        text = f"{DEFAULT_PATH} does not know {', '.join(missing)}: {_LATE}"
        return wrong(CHECK, text, f"see /var/log/fail2ban.log; {restart('fail2ban')}")
    if found.problems:
        return wrong(CHECK, f"{DEFAULT_PATH}: {found.problems[0]}", restart("fail2ban"))
    return None


def _judge_database(found: JailRecords) -> Verdict:
    jails = {each.jail for each in found.jails}
    try:
        count = sum(1 for ban in database.read(found.database, time.time()) if ban.jail in jails)
    except database.DatabaseError as error:
        return wrong(CHECK, str(error), "set dbfile in /etc/fail2ban/fail2ban.local, then restart fail2ban")
    return ok(CHECK, f"{len(jails)} jails and {count} bans come back before the network")
