"""The verb `suggest`: what a person types and sees."""

from __future__ import annotations

import functools
import json
from datetime import datetime, timezone
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.asn.table import AsnTable
from ideolab_f2b.bans.jail_bans import Ban, JailBans, key_of_text
from ideolab_f2b.commands import suggest
from ideolab_f2b.event import Event
from ideolab_f2b.fail2ban_client import ClientError
from ideolab_f2b.suggest import evidence
from ideolab_f2b.visitors.visitors import Visitors
from tests.asn import tables


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is typed on a host with 20 bans of the log and 20 that fail2ban holds."""
    now = datetime.now(timezone.utc)
    events = [Event(now, "ban", ip=f"198.51.100.{last}") for last in range(20)]
    (tmp_path / "connmon_events.jsonl").write_text("".join(f"{each.to_json()}\n" for each in events))
    (tmp_path / "f2b.conf").write_text(
        f"[paths]\nlog_dir = {tmp_path}\n[visitors]\nlogs = {tmp_path}/site*.log\n"
    )
    keys = [key_of_text(f"198.51.100.{last}") for last in range(20, 40)]
    held = [JailBans("ideolab-connmon", "x", False, {key: Ban(0, 600) for key in keys if key})]
    monkeypatch.setattr(suggest, "gather", functools.partial(evidence.gather, ask=lambda: held))
    unseen = Visitors({}, troubles=("no access log",))

    def see(_days: float, logs: tuple[str, ...]) -> Visitors:
        assert logs == (f"{tmp_path}/site*.log",)
        return unseen

    monkeypatch.setattr("ideolab_f2b.visitors.read.read", see)
    path = tables.build(tmp_path / "asn.sqlite3", [(64500, "EXAMPLE", ["198.51.100.0/24"])])
    monkeypatch.setattr(suggest, "AsnTable", lambda: AsnTable(path))
    return ["suggest", "--config", str(tmp_path / "f2b.conf")]


def test_the_list(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Both sources make one proposal, with its AS and the command."""
    assert cli.main(words) == 0
    row = capsys.readouterr().out.splitlines()[1].split()

    assert row == [
        "198.51.100.0/24", "40", "256", "12.3%", "unknown", "unknown", "AS64500", "EXAMPLE",
        "ideolab-f2b", "ban", "198.51.100.0/24", "--preview",
    ]  # fmt: skip


def test_json(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """One object on one line."""
    assert cli.main([*words, "--json", "--days", "0.5", "--top", "1"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert (found["days"], found["held"], found["events"], found["unread"]) == (
        0.5,
        20,
        20,
        ["no access log"],
    )
    assert [each["proposal"] for each in found["proposals"]] == ["198.51.100.0/24"]


def test_without_a_table(
    words: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Networks only, and that is said with the way out."""
    monkeypatch.setattr(suggest, "AsnTable", lambda: AsnTable(tmp_path / "missing"))
    assert cli.main(words) == 0

    told = capsys.readouterr().out
    assert "networks only: " in told
    assert "ideolab-f2b asn build" in told


def test_fail2ban_is_down(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The log is enough for a list; the exit code says that not all is known."""

    def ask() -> list[JailBans]:
        raise ClientError("it does not answer")

    monkeypatch.setattr(suggest, "gather", functools.partial(evidence.gather, ask=ask))
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert cli.main(words) == 1

    said = capsys.readouterr()
    assert "what fail2ban holds is unknown\n" in said.out
    assert said.err == (
        "ideolab-f2b suggest: fail2ban was not asked: it does not answer;"
        " this needs root: sudo ideolab-f2b suggest\n"
    )


@pytest.mark.parametrize(
    "wrong",
    [["--days", "0"], ["--days", "nan"], ["--days", "week"], ["--top", "0"], ["--top", "1e3"], ["now"]],
)
def test_usage(words: list[str], wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2."""
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, *wrong])

    assert ended.value.code == 2
    assert "usage: " in capsys.readouterr().err
