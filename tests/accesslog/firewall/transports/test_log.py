"""Bans as lines of manual.log."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from ideolab_accesslog.firewall.transports import log
from ideolab_accesslog.firewall.transports.order import Order

DAY = Order("ban", "198.51.100.7", 86400, "alice", 'a "scan"')
FOR_GOOD = Order("ban", "2001:db8::7")


def test_one_line_for_each_order(manual_log: Path) -> None:
    """The ban's own time, and the texts in quotes; done says that it was written, no more."""
    reply = log.run([DAY, FOR_GOOD])

    assert re.sub(r"^\S+ ", "", manual_log.read_text(), flags=re.MULTILINE) == (
        'manual: ban 198.51.100.7 ttl=86400 actor="alice" reason="a \\x22scan\\x22"\n'
        "manual: ban 2001:db8::7 ttl=permanent\n"
    )
    assert (reply.rc, reply.stderr) == (0, "")
    assert [(answer.state, answer.applied) for answer in reply.answers.values()] == [("done", None)] * 2
    assert log.describe(DAY) == f"{manual_log}: ban 198.51.100.7 ttl=86400"


@pytest.mark.parametrize("use_tz", [True, False])
def test_a_line_has_its_zone_on_a_site_without_zones(use_tz: bool, manual_log: Path, settings: Any) -> None:
    """Every BAN failed there: a time without a zone would be read as the server's."""
    settings.USE_TZ, settings.TIME_ZONE = use_tz, "America/St_Johns"

    assert log.run([DAY]).rc == 0
    written = datetime.strptime(manual_log.read_text().split()[0], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert abs(written - datetime.now(timezone.utc)) < timedelta(minutes=5)


def test_without_a_log_a_ban_fails(settings: Any) -> None:
    """And says which setting has it."""
    settings.TRASHIP_MANUAL_LOG = None

    assert log.run([DAY]).stderr == "TRASHIP_MANUAL_LOG is empty; it names the log for fail2ban"


def test_a_log_that_cannot_be_written(tmp_path: Path, settings: Any) -> None:
    """Every answer is a failure that names the file and the way out."""
    settings.TRASHIP_MANUAL_LOG = str(tmp_path / "missing" / "manual.log")

    reply = log.run([DAY])

    assert reply.rc == 1
    assert reply.find_answer(DAY.address).state == "failed"
    assert reply.stderr == (
        f"[Errno 2] No such file or directory: '{tmp_path}/missing/manual.log'; "
        "the web server's user must be able to append to this file"
    )
