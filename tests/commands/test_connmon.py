"""connmon, the verb: saved snapshots, its outputs, and how the service ends."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b import cli
from ideolab_f2b.commands.connmon import Screen, SeveralOutputs
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick

REPOSITORY = Path(__file__).resolve().parents[2]
HEAD = "State Recv-Q Send-Q Local Address:Port Peer Address:Port\n"
ROW = (
    "ESTAB 0 0 192.0.2.1:443 198.51.100.10:{port} ino:77 sk:{port} <-> ts sack cubic wscale:10,10 rto:204 "
    "mss:1448 cwnd:10 segs_in:2 lastsnd:9000 lastrcv:9000 lastack:9000\n"
)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """Forty silent connections of one address, as ss shows them."""
    path = tmp_path / "ss.txt"
    rows = "".join(ROW.format(port=40000 + number) for number in range(40))
    path.write_text(f"### t=1795359121.0\n{HEAD}{rows}")
    return path


@pytest.fixture
def empty_config(tmp_path: Path) -> list[str]:
    """--config of a file that sends everything below tmp_path."""
    path = tmp_path / "f2b.conf"
    path.write_text(f"[paths]\nlog_dir = {tmp_path}\nstate_dir = {tmp_path}\ntextfile_dir = {tmp_path}\n")
    return ["--config", str(path)]


def test_a_saved_snapshot_as_json(
    snapshot: Path, empty_config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for each suspect, and nothing is written."""
    assert cli.main(["connmon", "--snapshot", str(snapshot), "--json", *empty_config]) == 0

    (line,) = capsys.readouterr().out.splitlines()
    suspect = json.loads(line)
    assert (suspect["t"], suspect["address"], suspect["scope"]) == (1795359121.0, "198.51.100.10", "ip")
    assert (suspect["connections"], suspect["phases"]["mute"]) == (40, 40)
    assert not (snapshot.parent / "connmon.log").exists()


def test_a_saved_snapshot_as_lines_of_the_log(
    snapshot: Path, empty_config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """--write gives the jail the line that was printed before."""
    cli.main(["connmon", "--snapshot", str(snapshot), *empty_config])
    printed = capsys.readouterr().out
    assert printed.startswith("2026-11-22T14:52:01.000+0000 connmon: suspect 198.51.100.10 scope=ip ")

    assert cli.main(["connmon", "--snapshot", str(snapshot), "--write", *empty_config]) == 0
    assert (snapshot.parent / "connmon.log").read_text() == printed


def test_a_saved_snapshot_explained(
    snapshot: Path, empty_config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The table names the jail that would ban."""
    assert cli.main(["connmon", "--snapshot", str(snapshot), "--explain", *empty_config]) == 0

    out = capsys.readouterr().out
    assert "port 443: 40 connections (40 mute), 1 suspects" in out
    assert out.splitlines()[2].split()[:3] == ["198.51.100.10", "40", "40"]
    assert " ideolab-connmon " in out.splitlines()[2]


def test_standard_input_and_gzip_are_read_alike(snapshot: Path, empty_config: list[str]) -> None:
    """`ss -tnoiH | python3 -m ideolab_f2b connmon --snapshot -`, straight from a checkout."""
    packed = snapshot.with_suffix(".gz")
    packed.write_bytes(gzip.compress(snapshot.read_bytes()))
    command = [sys.executable, "-m", "ideolab_f2b", "connmon", "--json", *empty_config, "--snapshot"]

    piped = subprocess.run(
        [*command, "-"],
        input=snapshot.read_text(),
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=True,
    )
    packed_out = subprocess.run(
        [*command, str(packed)], capture_output=True, text=True, cwd=REPOSITORY, check=True
    )

    assert piped.stdout == packed_out.stdout
    assert json.loads(piped.stdout)["address"] == "198.51.100.10"


def test_garbled_lines_are_counted(
    snapshot: Path, empty_config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest is judged, and stderr says how much was left out."""
    snapshot.write_text(snapshot.read_text() + "ESTAB 0 zero\n\x00\x01garbage of a cut file\n")
    assert cli.main(["connmon", "--snapshot", str(snapshot), "--json", *empty_config]) == 0

    captured = capsys.readouterr()
    assert "198.51.100.10" in captured.out
    assert captured.err == f"connmon: {snapshot}: 2 lines are not rows of ss\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("nothing of ss here\n", "the text of ss -tnoiH is needed"),
        ("ESTAB 0 0 192.0.2.1:443 198.51.100.10:4000\n", "add -i (ss -tnoiH)"),
    ],
)
def test_text_that_cannot_be_judged_is_an_error(
    tmp_path: Path, empty_config: list[str], capsys: pytest.CaptureFixture[str], text: str, message: str
) -> None:
    """Exit 1, one line, with the way out."""
    path = tmp_path / "ss.txt"
    path.write_text(text)
    assert cli.main(["connmon", "--snapshot", str(path), *empty_config]) == 1

    error = capsys.readouterr().err
    assert error.startswith(f"ideolab-f2b connmon: {path}:1: ")
    assert message in error


#: what one tick saw: a suspect at the first port, nothing at the second
TICKS = [
    PortTick(1795359121.0, 443, Findings([Suspect("198.51.100.10", "ip", 5, 40, 1, {"mute": 40})]), 0.0),
    PortTick(1795359121.5, 8443, Findings(), 0.0),
]


@pytest.mark.parametrize(
    ("is_explained", "is_json", "start"),
    [
        (False, False, "2026-11-22T14:52:01.000+0000 connmon: suspect 198.51.100.10 scope=ip score=5 "),
        (False, True, '{"t":1795359121.0,"address":"198.51.100.10",'),
        (True, True, '{"t":1795359121.0,"address":"198.51.100.10",'),
    ],
)
def test_a_screen_prints_a_line_for_each_suspect(is_explained: bool, is_json: bool, start: str) -> None:
    """--json is for programs, whatever else is asked for."""
    file = io.StringIO()
    Screen(file, explain=is_explained, as_json=is_json).write(TICKS)

    (line,) = file.getvalue().splitlines()
    assert line.startswith(start)


def test_a_screen_that_explains_prints_a_table_for_each_port() -> None:
    """Also for the port where nobody is."""
    file = io.StringIO()
    Screen(file, explain=True, as_json=False).write(TICKS)

    assert "port 8443: 0 connections (none), 0 suspects" in file.getvalue()


def test_each_output_gets_each_tick() -> None:
    """The log and the screen of one daemon."""
    first, second = io.StringIO(), io.StringIO()
    SeveralOutputs(*(Screen(file, explain=False, as_json=True) for file in (first, second))).write(TICKS)

    assert first.getvalue() == second.getvalue() != ""


def test_a_closed_pipe_is_no_error(snapshot: Path, empty_config: list[str]) -> None:
    """`| head -0` ends the program quietly."""
    command = [sys.executable, "-m", "ideolab_f2b", "connmon", "--json", *empty_config]
    script = ["bash", "-o", "pipefail", "-c", '"$@" | head -c 0', "-"]
    done = subprocess.run(
        [*script, *command, "--snapshot", str(snapshot)],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.root
def test_the_service_ends_at_once_on_sigterm(empty_config: list[str], tmp_path: Path) -> None:
    """systemd stops it without waiting for the next tick."""
    process = subprocess.Popen(
        ["unshare", "-n", sys.executable, "-m", "ideolab_f2b", "connmon", "--every", "60s", *empty_config],
        cwd=REPOSITORY, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        prom = tmp_path / "ideolab_connmon.prom"
        wait_until(prom.exists, f"{prom} is missing", is_alive=lambda: process.poll() is None)
        process.terminate()
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert 'ideolab_f2b_last_success_timestamp_seconds{job="connmon"}' in prom.read_text()
