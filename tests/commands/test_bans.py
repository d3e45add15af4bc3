"""`ideolab-f2b bans` as an administrator types it, against a real server and a real kernel."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from demo.lab.child import REPOSITORY
from demo.lab.wait import wait_until
from ideolab_f2b import cli
from ideolab_f2b.commands import bans
from ideolab_f2b.origin.cache import Cache
from ideolab_f2b.origin.origin import Origin
from ideolab_f2b.origin.query import parse_address as address
from ideolab_f2b.origin.results import LookupResults
from tests.bans.conftest import Host

pytestmark = pytest.mark.root
NOBODY = (
    "setpriv",
    "--reuid=65534",
    "--regid=65534",
    "--clear-groups",
    "--bounding-set=-all",
    "--no-new-privs",
)


def test_all_that_is_held(host: Host) -> None:
    """Every jail, ours and others; both families, networks, for a time and for ever."""
    host.ban("ideolab-manual", "198.51.100.7", "203.0.113.0/24", "2001:db8:c::9")
    host.ban("ideolab-connmon", "198.51.100.7")
    host.ban("other", "198.51.100.99")

    done = host.run("bans")

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "  ADDRESS         JAIL             BAN ENDS IN  IN KERNEL  ORIGIN"
    assert [line.split()[:2] for line in lines[1:-1]] == [
        ["198.51.100.7", "ideolab-connmon"],
        ["198.51.100.7", "ideolab-manual"],
        ["203.0.113.0/24", "ideolab-manual"],
        ["2001:db8:c::9", "ideolab-manual"],
        ["198.51.100.99", "other"],
    ]
    assert lines[-1] == "5 bans in 3 jails, 4 elements in the kernel"
    assert "59m 5" in lines[1]
    assert lines[2].split()[2:] == ["never", "stays", "-"]
    assert lines[5].split()[4:] == ["-", "-"]


def test_drift_is_marked(host: Host) -> None:
    """Taken from the kernel, and put there by hand."""
    host.ban("ideolab-manual", "198.51.100.7", "203.0.113.0/24")
    host.namespace.run("ipset", "del", "ideolab_manual", "198.51.100.7")
    host.namespace.run("ipset", "add", "ideolab_connmon6", "2001:db8:c::1", "timeout", "600")

    told = host.seen()
    lines = host.run("bans").stdout.splitlines()

    assert told["drift"] == {"missing": 1, "short": 0, "stale": 1}
    assert {ban["address"]: ban["state"] for ban in told["bans"]} == {
        "198.51.100.7": "missing", "203.0.113.0/24": "ok", "2001:db8:c::1": "stale",
    }  # fmt: skip
    assert [line.split()[:3] for line in lines if line.startswith("!")] == [
        ["!", "198.51.100.7", "ideolab-manual"],
        ["!", "2001:db8:c::1", "ideolab-connmon"],
    ]
    assert lines[-1].endswith("drift: 1 missing, 1 stale -> sudo ideolab-f2b check --repair")
    # no question that fail2ban writes into its log as a failed command
    assert "has failed" not in host.server.log.read_text()


def test_one_jail(host: Host) -> None:
    """--jail asks no other; one that does not run is an error that names those that do."""
    host.ban("ideolab-manual", "198.51.100.7")
    host.ban("ideolab-connmon", "198.51.100.8")

    assert [ban["address"] for ban in host.seen("--jail", "ideolab-connmon")["bans"]] == ["198.51.100.8"]
    done = host.run("bans", "--jail", "conmon")
    assert done.returncode == 1
    assert done.stderr == (
        "ideolab-f2b bans: no jail 'conmon' runs; there are ideolab-connmon, ideolab-manual, other\n"
    )


def test_origins_that_are_known(host: Host) -> None:
    """From the cache of the report action; nobody is asked for the others, and no cache is made."""
    host.ban("ideolab-manual", "198.51.100.7")
    assert host.seen()["bans"][0]["asn"] is None
    assert not (host.directory / "connmon_cache.sqlite3").exists()

    cache = Cache(host.directory / "connmon_cache.sqlite3", 600, 600, LookupResults())
    one = address("198.51.100.7")
    assert one is not None
    cache.put([(one, Origin("198.51.100.7", "64500", "EXAMPLE", "FR", "198.51.100.0/24", "cymru"))])
    cache.close()

    assert (host.seen()["bans"][0]["asn"], host.seen()["bans"][0]["country"]) == ("64500", "FR")
    assert "AS64500 EXAMPLE FR" in host.run("bans").stdout


def test_fail2ban_is_down(host: Host) -> None:
    """The elements that go on are shown; stderr says why there is no more, and exit 1."""
    host.ban("ideolab-connmon", "198.51.100.8")
    host.server.stop()

    done = host.run("bans")

    assert done.returncode == 1
    assert done.stderr.startswith("ideolab-f2b bans: fail2ban is down: ")
    assert done.stdout.splitlines()[1].split()[:3] == ["198.51.100.8", "set", "ideolab_connmon"]
    told = json.loads(host.run("bans", "--json").stdout)
    assert told["fail2ban"] != "up"
    assert [ban["state"] for ban in told["bans"]] == ["unwatched"]


def test_nobody_may_not(host: Host) -> None:
    """One line with the way out, exit 1; nothing is listed."""
    for path in (host.directory, *host.directory.parents):
        if path != Path("/"):
            path.chmod(path.stat().st_mode | 0o055)

    done = host.run("bans", program=NOBODY)

    assert done.returncode == 1
    assert done.stdout == ""
    assert "run as root" in done.stderr or "must be root" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_watch_until_ctrl_c(host: Host) -> None:
    """One JSON object each time; a ban in between is in the next one."""
    process = _started(host, "bans", "--json", "--watch", "0.2s")
    assert process.stdout is not None
    try:
        assert json.loads(process.stdout.readline())["bans"] == []
        host.ban("ideolab-connmon", "198.51.100.8")
        wait_until(lambda: json.loads(process.stdout.readline())["bans"], "the ban")  # type: ignore[union-attr]
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.stdout.close()


def _started(host: Host, *words: str) -> subprocess.Popen[str]:
    # without `ip netns exec` between us and it: the signal is for Python
    with host.namespace.enter():
        return subprocess.Popen(
            [sys.executable, "-m", "ideolab_f2b", *words, "--config", str(host.directory / "f2b.conf")],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=REPOSITORY,
            env={**os.environ, "PATH": f"{host.directory}/bin:{os.environ['PATH']}"},
        )  # fmt: skip


def test_watch_fits_the_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the rows that do not fit are counted, and the sum stays in sight."""
    monkeypatch.setattr(shutil, "get_terminal_size", lambda *_a, **_k: os.terminal_size((80, 10)))
    rows = ["HEAD", *(f"row {number}" for number in range(20)), "SUM"]

    shown = list(bans._fit_screen(rows))

    assert len(shown) == 8
    assert shown[0] == "\x1b[H\x1b[2JHEAD"
    assert shown[-2:] == ["  (15 more)", "SUM"]
    assert shown[-3] == "row 4"
    assert list(bans._fit_screen(["HEAD", "SUM"])) == ["\x1b[H\x1b[2JHEAD", "SUM"]


@pytest.mark.parametrize("words", [["--watch", "soon"], ["--watch", "0"], ["--watch=-1"], ["--jail"]])
def test_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, and what is wrong."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["bans", *words])

    assert caught.value.code == 2
    assert "usage: ideolab-f2b bans" in capsys.readouterr().err
