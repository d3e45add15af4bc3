"""connmon, the verb: saved snapshots, its outputs, and how the service ends."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b import cli, notify
from ideolab_f2b.commands.connmon import EndWithLogs, Screen, SeveralOutputs
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.connmon.observe import days_file
from ideolab_f2b.connmon.observe.day import WatchedDay
from ideolab_f2b.connmon.output.status import NOBODY_IS_BANNED
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
    assert suspect["pressure"] == {"state": "unknown", "slots": 40, "capacity": None}
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


def test_a_host_that_observes_gives_the_jail_nothing(snapshot: Path, empty_config: list[str]) -> None:
    """The line goes into another log, as another kind, and so does the event."""
    path = snapshot.parent / "f2b.conf"
    path.write_text(f"[connmon]\nobserve = yes\n{path.read_text()}")
    assert cli.main(["connmon", "--snapshot", str(snapshot), "--write", *empty_config]) == 0

    assert not (snapshot.parent / "connmon.log").exists()
    assert (
        " connmon: observed 198.51.100.10 scope=ip " in (snapshot.parent / "connmon-observed.log").read_text()
    )
    (line,) = (snapshot.parent / "connmon_events.jsonl").read_text().splitlines()
    assert json.loads(line)["type"] == "observed"
    # it is a snapshot of another day
    assert not (snapshot.parent / "connmon_summary.json").exists()


def test_the_summary_of_the_days(
    tmp_path: Path, empty_config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """None yet, one for people, one for programs, and one that is damaged."""
    assert cli.main(["connmon", "--summary", *empty_config]) == 1
    assert "there is no " in capsys.readouterr().err

    path = tmp_path / "connmon_summary.json"
    days_file.write(path, [WatchedDay(datetime.date.today().isoformat(), 7200.0)])
    assert cli.main(["connmon", "--summary", *empty_config]) == 0
    assert ": watched for 2.0 h\n" in capsys.readouterr().out
    assert cli.main(["connmon", "--summary", "--json", *empty_config]) == 0
    assert json.loads(capsys.readouterr().out)["days"][0]["watched_s"] == 7200.0

    path.write_text("{")
    assert cli.main(["connmon", "--summary", *empty_config]) == 1
    assert "not JSON" in capsys.readouterr().err


def test_a_saved_snapshot_explained(
    snapshot: Path,
    empty_config: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The table names the jail that would ban, and is as wide as the terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    assert cli.main(["connmon", "--snapshot", str(snapshot), "--explain", *empty_config]) == 0

    out = capsys.readouterr().out
    assert "port 443: 40 connections (40 mute), 1 suspect\n" in out
    assert (
        " ".join(out.split())
        .partition(" who ")[0]
        .endswith(
            "the server is in an unknown state: a saved text has no listener, so it is judged as if there"
            " were no room"
        )
    )
    (row,) = [line for line in out.splitlines() if line.startswith("198.51.100.10")]
    assert row.split()[1] == "40"
    assert "ban = yes: ideolab-connmon bans addresses" in out
    assert max(map(len, out.splitlines())) <= 80


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
        (False, True, '{"version":1,"t":1795359121.0,"address":"198.51.100.10",'),
        (True, True, '{"version":1,"t":1795359121.0,"address":"198.51.100.10",'),
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


@pytest.mark.parametrize(
    ("is_terminal", "variables", "is_coloured"),
    [
        (True, {"TERM": "xterm"}, True),
        (True, {"TERM": "xterm", "NO_COLOR": "1"}, False),
        (True, {"TERM": "dumb"}, False),
        (False, {"TERM": "xterm"}, False),
    ],
)
def test_colours(
    is_terminal: bool, variables: dict[str, str], is_coloured: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal that shows them, unless nobody wants them."""
    file = io.StringIO()
    monkeypatch.setattr(file, "isatty", lambda: is_terminal)
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    Screen(file, explain=True, as_json=False).write(TICKS)

    assert ("\x1b[" in file.getvalue()) == is_coloured


def test_a_look_prints_one_table() -> None:
    """That of the worst tick, at its end."""
    file = io.StringIO()
    screen = Screen(file, explain=True, as_json=False, is_look=True)
    for _tick in range(3):
        screen.write(TICKS)
    assert file.getvalue() == ""

    screen.close()

    assert file.getvalue().count("198.51.100.10 ") == 1
    assert file.getvalue().count("the worst of 3 snapshots\n") == 2


@pytest.mark.root
@pytest.mark.parametrize("options", [["--once"], ["--once", "--explain"], ["--once", "--json"]])
def test_a_look_writes_nothing(empty_config: list[str], tmp_path: Path, options: list[str]) -> None:
    """No line, no event, no metric and no day of the summary: nobody is banned by who looks."""
    before = sorted(tmp_path.rglob("*"))
    command = [sys.executable, "-m", "ideolab_f2b", "connmon", "--every", "1s", *options, *empty_config]

    done = subprocess.run(
        ["unshare", "-n", *command], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True
    )

    assert sorted(tmp_path.rglob("*")) == before
    assert done.stderr == "connmon: a look: nothing is written, nobody is banned; --write does both\n"


#: no opener is there, whatever this machine has
_WITHOUT_RUN = ("unshare", "-n", "-m", "sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "-")


@pytest.mark.root
@pytest.mark.parametrize(("containers", "times"), [("lxc:c1", 1), ("auto", 0)])
def test_containers_without_an_opener(
    empty_config: list[str], tmp_path: Path, containers: str, times: int
) -> None:
    """Said once where the setting names one; else all is as if there were no containers."""
    path = tmp_path / "f2b.conf"
    path.write_text(f"[connmon]\ncontainers = {containers}\n{path.read_text()}")
    command = [sys.executable, "-m", "ideolab_f2b", "connmon", "--every", "1s", "--once", *empty_config]

    done = subprocess.run(
        [*_WITHOUT_RUN, *command], cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True
    )

    said = "connmon: containers are not looked into: ideolab-netns does not run\n"
    assert done.stderr.partition("does both\n")[2] == said * times


def test_a_look_that_writes_is_no_dry_run(
    empty_config: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Both at once is a mistake, and not a guess."""
    with pytest.raises(SystemExit):
        cli.main(["connmon", "--once", "--write", "--dry-run", *empty_config])

    assert "not allowed with argument" in capsys.readouterr().err


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
def test_a_service_that_observes_says_so_and_leaves_a_summary(
    empty_config: list[str], tmp_path: Path
) -> None:
    """At its start, on stderr; and what it saw is there when it ends."""
    path = tmp_path / "f2b.conf"
    path.write_text(f"[connmon]\nobserve = yes\n{path.read_text()}")
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "ideolab_f2b", "connmon", "--once", "--write",
         "--every", "1s", *empty_config],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip

    assert (
        f"connmon: {NOBODY_IS_BANNED}; suspects are written to {tmp_path}/connmon-observed.log\n"
        in done.stderr
    )
    (day,) = days_file.read(tmp_path / "connmon_summary.json")
    assert day.watched_s == day.observed_s > 0


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


def test_a_daemon_whose_directory_is_gone_ends(tmp_path: Path) -> None:
    """systemd starts it anew, with a sandbox that has the directory; said once."""
    logs, stop, said = tmp_path / "log", threading.Event(), list[str]()
    logs.mkdir()
    directory = notify.SandboxDirectory(logs, notify.Notifier("/nowhere"))
    output = EndWithLogs(directory, stop, Complaint(said.append, 60.0))
    output.write([])
    assert not stop.is_set()

    logs.rmdir()
    output.write([])
    output.close()

    assert stop.is_set()
    assert said == [f"{logs} was deleted or is read-only: a new start is needed"]
