"""check: whether the table of AS numbers is there where it is needed, and not old."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.asn.build import build
from ideolab_f2b.asn.sources.source_file import SourceFile
from ideolab_f2b.asn.table import AsnTable, AsnTableError
from ideolab_f2b.check.lists import asn, timer
from ideolab_f2b.config import AsnSettings, Settings
from tests.asn import tables

NOTHING = AsnSettings()
FILES = AsnSettings(files=(Path("/srv/asn.mmdb"),))
DAY = 86400.0
NOW = tables.DATED + 10 * DAY
OLD = tables.DATED + 100 * DAY
BROKEN = AsnTableError("/t is broken (cut): ideolab-f2b asn build makes it (docs/asn.md)")
OLD_TEXT = "1 AS, data of 2026-06-17: 100 days old, and max_age_s is 45 days"


@dataclass
class Case:
    """What there is, and the first line of the verdict."""

    found: object
    settings: AsnSettings
    banned: int | None
    now: float
    said: str
    changed: float = 0.0


@pytest.fixture
def table(tmp_path: Path) -> AsnTable:
    """A table of 2026-06-17, closed."""
    path = tables.build(tmp_path / "asn.sqlite3", [(64500, "EXAMPLE", ["198.51.100.0/24"])])
    with AsnTable(path) as found:
        return found


NONE = "there is no table of AS numbers"
UNKNOWN = "whether an AS is banned is not known: fail2ban does not answer"
CASES = [
    Case(
        None,
        NOTHING,
        0,
        NOW,
        f"ok       asn: {NONE}; nothing needs it: no AS is banned, and [asn] files is empty",
    ),
    Case(None, NOTHING, 2, NOW, f"wrong    asn: {NONE}; 2 ASes banned"),
    Case(None, NOTHING, None, NOW, f"unknown  asn: {NONE}; {UNKNOWN}"),
    Case(None, FILES, 0, NOW, f"wrong    asn: {NONE}"),
    Case(BROKEN, NOTHING, 0, NOW, f"wrong    asn: {BROKEN}"),
    Case("table", NOTHING, 0, NOW, "ok       asn: 1 AS, data of 2026-06-17"),
    Case(
        "table",
        NOTHING,
        0,
        OLD,
        f"ok       asn: {OLD_TEXT}; nothing needs it: no AS is banned, and [asn] files is empty",
    ),
    Case("table", NOTHING, 1, OLD, f"wrong    asn: {OLD_TEXT}; 1 AS banned"),
    Case("table", NOTHING, None, OLD, f"unknown  asn: {OLD_TEXT}; {UNKNOWN}"),
    Case("table", FILES, 0, OLD, f"wrong    asn: {OLD_TEXT}"),
    Case("table", FILES, 0, NOW, "ok       asn: 1 AS, data of 2026-06-17", NOW - DAY),
    Case(
        "table",
        FILES,
        0,
        NOW,
        "wrong    asn: 1 AS, data of 2026-06-17: its files have changed, and it was not built anew",
        NOW - 5 * DAY,
    ),
]


@pytest.mark.parametrize("case", CASES)
def test_the_table(table: AsnTable, case: Case) -> None:
    """It is a fault only where the settings name files, or an AS is banned."""
    found = table if case.found == "table" else case.found
    verdict = asn.judge(found, case.settings, case.banned, case.now, changed=case.changed)  # type: ignore[arg-type]
    assert str(verdict).splitlines()[0] == case.said


def test_what_mends_it(table: AsnTable) -> None:
    """What to type depends on whether the settings name files."""
    mends = [asn.judge(None, settings, 1, NOW).mend for settings in (NOTHING, FILES)]
    assert mends == ["ideolab-f2b asn build --file PATH (docs/asn.md)", "ideolab-f2b asn build"]
    assert asn.judge(table, FILES, 0, OLD).mend == "renew its files (docs/asn.md), then ideolab-f2b asn build"


def test_a_host_without_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no fault; fail2ban is asked for the jail of AS numbers."""
    monkeypatch.setattr(fail2ban_client, "jails", lambda: {"sshd"})
    (verdict,) = asn.asn(Settings(), tmp_path / "asn.sqlite3")
    assert (verdict.check, verdict.state) == ("asn", "ok")


def test_a_ban_needs_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where fail2ban is down, nobody knows."""
    monkeypatch.setattr(fail2ban_client, "jails", lambda: {"ideolab-asn"})
    monkeypatch.setattr(fail2ban_client, "bans", lambda _jail: ["AS64500"])
    (verdict,) = asn.asn(Settings(), tmp_path / "asn.sqlite3")
    assert verdict.state == "wrong"

    def fail() -> set[str]:
        raise fail2ban_client.ServerDownError("down")

    monkeypatch.setattr(fail2ban_client, "jails", fail)
    (verdict,) = asn.asn(Settings(), tmp_path / "asn.sqlite3")
    assert verdict.state == "unknown"


def test_a_file_that_changed_after_the_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The timer has two days."""
    monkeypatch.setattr(fail2ban_client, "jails", lambda: set[str]())
    monkeypatch.setattr(timer, "runs_systemd", lambda: False)
    source, path = tmp_path / "asn.csv", tmp_path / "asn.sqlite3"
    source.write_text("198.51.100.0/24,64500,EXAMPLE\n")
    build([SourceFile(source)], path, now=source.stat().st_mtime - 5 * DAY)
    settings = Settings(asn=AsnSettings(files=(source,)))
    (verdict,) = asn.asn(settings, path)
    assert verdict.state == "ok"
    when = source.stat().st_mtime - 3 * DAY
    os.utime(source, (when, when))
    (verdict,) = asn.asn(settings, path)
    assert verdict.text.endswith("its files have changed, and it was not built anew")
