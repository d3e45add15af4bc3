"""Checks the table of AS numbers: that there is one where it is needed, and that its data is not old."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Optional, Union

from ideolab_f2b import fail2ban_client
from ideolab_f2b.asn.build import format_day, read_stamp
from ideolab_f2b.asn.error import AsnTableError
from ideolab_f2b.asn.sources.source_file import SourceFile
from ideolab_f2b.asn.table import DEFAULT_PATH, AsnTable
from ideolab_f2b.check.lists.timer import timer
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import AsnSettings, Settings
from ideolab_f2b.notation import as_number
from ideolab_f2b.places import ASN, ASN_TIMER

CHECK = "asn"
#: seconds in which the timer has built the table anew after a file has changed
_BUILT_S = 2 * 86400.0
_DAY_S = 86400.0
_BUILD = "ideolab-f2b asn build"
_RENEW = f"renew its files (docs/asn.md), then {_BUILD}"


def asn(settings: Settings, path: Path = DEFAULT_PATH) -> Iterator[Verdict]:
    """Check the table, and what builds it anew."""
    try:
        found: Union[AsnTable, AsnTableError, None] = _read(path)
    except OSError as error:
        yield unknown(CHECK, str(error))
        return
    banned = count_bans()
    yield judge(found, settings.asn, banned, time.time(), changed=_find_change(settings.asn.files, found))
    if settings.asn.files:
        does = "builds the table of AS numbers anew when its files change"
        yield from timer(ASN_TIMER, does, "the table of AS numbers grows old")


def _read(path: Path) -> Union[AsnTable, AsnTableError, None]:
    """Return the facts of the table, closed; None where there is none."""
    try:
        path.stat()
    except FileNotFoundError:
        return None
    try:
        with AsnTable(path) as table:
            return table
    except AsnTableError as error:
        return error


def count_bans() -> Optional[int]:
    """Return how many ASes are banned; None where fail2ban does not say."""
    try:
        return len(fail2ban_client.bans(ASN)) if ASN in fail2ban_client.jails() else 0
    except fail2ban_client.ClientError:
        return None


def _find_change(files: Sequence[Path], found: object) -> float:
    """Return when the youngest file changed that the table was not built from; 0.0 where it was."""
    if (
        not files
        or not isinstance(found, AsnTable)
        or found.stamp == read_stamp(list(map(SourceFile, files)))
    ):
        return 0.0
    times = [path.stat().st_mtime for path in files if path.exists()]
    return max(times, default=0.0)


def judge(
    found: Union[AsnTable, AsnTableError, None],
    settings: AsnSettings,
    banned: Optional[int],
    now: float,
    *,
    changed: float = 0.0,
) -> Verdict:
    """Return the verdict on the table. Pure.

    `banned`: how many ASes are banned, None where that is not known; `changed`: when a file became another.
    """
    if isinstance(found, AsnTableError):
        return wrong(CHECK, str(found), f"{_BUILD}{'' if settings.files else ' --file PATH (docs/asn.md)'}")
    if found is None:
        return _judge_none(settings, banned)
    text = f"{as_number.count(found.systems)}, data of {format_day(found.dated)}"
    age = now - found.dated
    if age > settings.max_age_s:
        days = f"{age / _DAY_S:.0f} days old, and max_age_s is {settings.max_age_s / _DAY_S:.0f} days"
        return _judge_need(f"{text}: {days}", settings, banned, _RENEW)
    if changed and now - max(changed, found.built) > _BUILT_S:
        return _judge_need(
            f"{text}: its files have changed, and it was not built anew", settings, banned, _BUILD
        )
    return ok(CHECK, text)


def _judge_none(settings: AsnSettings, banned: Optional[int]) -> Verdict:
    mend = _BUILD if settings.files else f"{_BUILD} --file PATH (docs/asn.md)"
    return _judge_need("there is no table of AS numbers", settings, banned, mend)


def _judge_need(text: str, settings: AsnSettings, banned: Optional[int], mend: str) -> Verdict:
    """Return a fault where somebody wants the table: the settings name files, or ASes are banned."""
    if settings.files or banned:
        users = f"; {as_number.count(banned)} banned" if banned else ""
        return wrong(CHECK, f"{text}{users}", mend)
    if banned is None:
        return unknown(CHECK, f"{text}; whether an AS is banned is not known: fail2ban does not answer")
    return ok(CHECK, f"{text}; nothing needs it: no AS is banned, and [asn] files is empty")
