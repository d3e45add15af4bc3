"""How the checks look: at files of a directory, and at a namespace without and with the pack's parts."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from ideolab_f2b import cli, manifest
from ideolab_f2b.check import files, kernel, services
from ideolab_f2b.commands.check import CHECKS, every
from ideolab_f2b.config import Paths, Settings
from ideolab_f2b.firewall import rule
from ideolab_f2b.firewall.jail_sets import JailSets
from ideolab_f2b.kernel.ipset.sets import Sets
from ideolab_f2b.manifest import Entry, Manifest, digest_of
from tests.lab.namespace import linked

ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(paths=Paths(log_dir=tmp_path, state_dir=tmp_path, textfile_dir=tmp_path))


def states(verdicts: object) -> list[tuple[str, str]]:
    return [(verdict.check, verdict.state) for verdict in verdicts]  # type: ignore[attr-defined]


def test_settings_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    """With the key; none at all is fine."""
    path = tmp_path / "f2b.conf"
    assert [str(verdict) for verdict in files.settings_file(path)] == [
        f"ok       settings: no {path}: the defaults count"
    ]

    path.write_text("[connmon]\nport = x\n")
    (verdict,) = files.settings_file(path)

    assert verdict.state == "wrong"
    assert "[connmon] port = 'x'" in verdict.text


def test_logs_are_looked_at_one_by_one(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing, and then there."""
    monkeypatch.setattr(files, "USER", ME)
    assert [state for _check, state in states(files.logs(settings))] == ["wrong", "wrong", "wrong"]

    for path in (settings.paths.connmon_log, settings.paths.manual_log, settings.paths.events):
        path.touch(mode=0o640)

    assert states(files.logs(settings)) == [
        ("log connmon.log", "ok"),
        ("log manual.log", "ok"),
        ("log connmon_events.jsonl", "ok"),
    ]


def test_the_clock_is_compared_with_the_last_line(settings: Settings) -> None:
    """Its time counts with its zone; a garbled line counts by the file's time."""
    log = settings.paths.connmon_log
    log.write_text(
        "2026-11-22T14:52:01+0000 connmon: suspect 198.51.100.10\n2100-01-01T00:00:00+0200 connmon: x\n"
    )
    assert states(files.clock(settings)) == [("clock", "wrong")]

    log.write_text("garbled\n")
    assert states(files.clock(settings)) == [("clock", "ok")]
    log.unlink()
    assert states(files.clock(settings)) == [("clock", "ok")]


def test_installed_files_are_compared_with_the_manifest(tmp_path: Path) -> None:
    """Nothing installed, all there, one changed, one gone."""
    path = tmp_path / "manifest"
    assert states(files.ours(tmp_path, Path("/manifest"))) == [("files", "wrong")]

    (tmp_path / "x.py").write_bytes(b"pass\n")
    (tmp_path / "log").mkdir()
    entries = (Entry("file", "/x.py", digest_of(b"pass\n")), Entry("whole", "/log"), Entry("user", "ideolab"))
    manifest.save(Manifest("0.1.0", entries), path)
    assert states(files.ours(tmp_path, Path("/manifest"))) == [("files", "ok")]

    (tmp_path / "x.py").write_bytes(b"raise\n")
    (changed,) = files.ours(tmp_path, Path("/manifest"))
    assert changed.text == "not what was installed: /x.py"
    (tmp_path / "x.py").unlink()
    (missing,) = files.ours(tmp_path, Path("/manifest"))
    assert missing.text == "missing: /x.py"
    path.write_text("{")
    assert states(files.ours(tmp_path, Path("/manifest"))) == [("files", "wrong")]


def test_the_gauges_are_read_from_their_file(settings: Settings) -> None:
    """Freshness from their text, readability from their mode."""
    assert states(services.connmon(settings)) == [("connmon", "wrong")]
    assert states(services.textfile(settings)) == [("textfile", "wrong")]

    path = settings.paths.connmon_prom
    path.write_text('ideolab_f2b_last_success_timestamp_seconds{job="connmon"} 4e+09\n')
    path.parent.chmod(0o755)
    path.chmod(0o644)

    assert states(services.connmon(settings)) == [("connmon", "ok")]
    (readable,) = services.textfile(settings)
    assert "node_exporter may not read" not in readable.text
    path.chmod(0o600)
    (hidden,) = services.textfile(settings)
    assert "node_exporter may not read" in hidden.text


@pytest.mark.root
def test_the_kernel_of_a_namespace_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the action has placed its parts, after, and after somebody put an accept in front."""
    monkeypatch.setattr(kernel, "_names", lambda: ["f2bt", "f2bt6"])
    with linked("f2binst-check") as (server, _client), server.entered():
        assert {state for _check, state in states(kernel.sets(Settings()))} == {"wrong"}
        assert states(kernel.rules(Settings())) == [
            ("rule iptables INPUT", "wrong"),
            ("rule ip6tables INPUT", "wrong"),
        ]

        sets = Sets()
        JailSets(sets, "f2bt", 1000).place()
        sets.close()
        rule.place(4)
        rule.place(6)
        assert states(kernel.sets(Settings())) == [("set f2bt", "ok"), ("set f2bt6", "ok")]
        assert states(kernel.rules(Settings())) == [
            ("rule iptables INPUT", "ok"),
            ("rule ip6tables INPUT", "ok"),
        ]
        assert states(kernel.destroy(Settings())) == [("sockets", "ok")]

        server.run("iptables", "-I", "INPUT", "1", "-p", "tcp", "-j", "ACCEPT")
        assert states(kernel.rules(Settings()))[0] == ("rule iptables INPUT", "wrong")


def test_every_check_is_made_whatever_another_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that raises is told as wrong, and the rest follows."""

    def broken(_settings: Settings) -> object:
        raise RuntimeError("no /proc")

    monkeypatch.setattr("ideolab_f2b.commands.check.CHECKS", {"one": broken, "clock": files.clock})

    verdicts = list(every(tmp_path / "f2b.conf"))

    assert [verdict.check for verdict in verdicts] == ["settings", "one", "clock"]
    assert verdicts[1].text == "the check itself failed: RuntimeError('no /proc')"


def test_the_verb_prints_a_line_for_each_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people, and with --json for programs."""
    monkeypatch.setattr("ideolab_f2b.commands.check.CHECKS", {})
    path = tmp_path / "f2b.conf"
    path.write_text("[nonsense]\n")

    assert cli.main(["check", "--config", str(path)]) == 1
    assert capsys.readouterr().out.startswith("wrong    settings: ")
    assert cli.main(["check", "--config", str(path), "--json"]) == 1
    assert capsys.readouterr().out.startswith('{"check": "settings", "state": "wrong", ')


def test_the_checks_cover_what_the_issue_lists() -> None:
    """By name: the docs explain each."""
    assert CHECKS.keys() >= {
        "action",
        "clock",
        "connmon",
        "fail2ban",
        "files",
        "jails",
        "logs",
        "rules",
        "sets",
        "sockets",
        "textfile",
    }
