"""Whether node_exporter finds the gauges, also from a container."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b.check import textfile
from ideolab_f2b.check.textfile import Exporter
from ideolab_f2b.config import Paths, Settings

X = Path("/c/x.prom")


@pytest.mark.parametrize(
    ("is_readable", "places", "is_read", "said"),
    [
        (True, {X: True}, True, "ok       textfile: /t/x.prom can be read"),
        (True, {}, False, "ok       textfile: /t/x.prom can be read; no node_exporter runs here"),
        (None, {}, True, "wrong    textfile: /t/x.prom is missing"),
        (False, {}, True, "wrong    textfile: node_exporter may not read /t/x.prom"),
        (True, {X: False}, True, "wrong    textfile: node_exporter finds no x.prom in /c"),
    ],
)
def test_the_textfile(is_readable: bool | None, places: dict[Path, bool], is_read: bool, said: str) -> None:
    """Written, readable by everybody, and where node_exporter looks."""
    found = textfile.judge(Path("/t/x.prom"), is_readable, places, is_read=is_read)
    assert str(found).splitlines()[0] == said


def test_the_mode_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """node_exporter is another user."""
    monkeypatch.setattr(textfile, "COLLECTORS", ())
    monkeypatch.setattr(textfile, "find_exporters", list)
    settings = Settings(paths=Paths(log_dir=tmp_path, state_dir=tmp_path, textfile_dir=tmp_path))
    (missing,) = textfile.textfile(settings)
    assert missing.state == "wrong"

    path = settings.paths.connmon_prom
    path.touch()
    path.parent.chmod(0o755)
    path.chmod(0o644)
    (readable,) = textfile.textfile(settings)
    assert readable.state == "ok"

    path.chmod(0o600)
    (hidden,) = textfile.textfile(settings)
    assert "node_exporter may not read" in hidden.text


def test_the_exporters_of_this_host(tmp_path: Path) -> None:
    """By their program, whatever the distribution calls it; a shell that names one is none."""
    for pid, line in {
        5: b"/usr/bin/prometheus-node-exporter\0",
        6: b"/bin/node_exporter\0--web.listen-address=:9100\0--collector.textfile.directory=/rootfs/c\0",
        7: b"sh\0-c\0node_exporter --collector.textfile.directory=/c\0",
        8: b"",
    }.items():
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "cmdline").write_bytes(line)

    assert sorted(textfile.find_exporters(tmp_path)) == [
        Exporter(5, tmp_path / "5" / "root", []),
        Exporter(6, tmp_path / "6" / "root", ["/rootfs/c"]),
    ]


def test_a_link_of_a_container(tmp_path: Path) -> None:
    """The host's root is at /rootfs there: a link that begins with / leads past it."""
    host = tmp_path / "rootfs"
    (host / "var/lib/ideolab/textfile").mkdir(parents=True)
    (host / "var/lib/ideolab/textfile/x.prom").touch()
    (host / "c").mkdir()
    link = host / "c" / "x.prom"

    link.symlink_to("/var/lib/ideolab/textfile/x.prom")
    found = textfile.resolve(tmp_path, "/rootfs/c/x.prom")
    assert found == tmp_path / "var/lib/ideolab/textfile/x.prom"
    assert not found.exists()

    link.unlink()
    link.symlink_to(os.path.relpath("/var/lib/ideolab/textfile/x.prom", "/c"))
    assert textfile.resolve(tmp_path, "/rootfs/c/x.prom") == host / "var/lib/ideolab/textfile/x.prom"
    # a process with the host's own root
    assert textfile.resolve(host, "/c/x.prom") == host / "var/lib/ideolab/textfile/x.prom"

    link.unlink()
    link.symlink_to("x.prom")
    assert textfile.resolve(tmp_path, "/rootfs/c/x.prom") is None
