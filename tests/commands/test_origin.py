"""command: what a person types and sees; as root, as an ordinary user, on a full and on a read-only disk."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.commands import origin
from ideolab_f2b.origin.origin import Origin
from tests.origin.whois_server import WhoisServer

REPOSITORY = Path(__file__).resolve().parents[2]
TABLE = """\
address       AS       country  prefix           source  name
198.51.100.7  AS64500  FR       198.51.100.0/24  cymru   EXAMPLE, FR
203.0.113.9   -        -        -                none    -
"""


def configuration(directory: Path, port: int, extra: str = "") -> str:
    """The path of an f2b.conf that asks our server and keeps its state in the directory."""
    path = directory / "f2b.conf"
    path.write_text(
        f"[paths]\nstate_dir = {directory}\n"
        f"[origin]\ncymru_host = 127.0.0.1\ncymru_port = {port}\nipwhois = 0\ndeadline_s = 60\n{extra}"
    )
    return str(path)


def test_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The name is last: it may be long."""
    with WhoisServer() as server:
        words = ["origin", "198.51.100.7", "203.0.113.9", "--config", configuration(tmp_path, server.port)]
        assert cli.main(words) == 0
        assert capsys.readouterr() == (TABLE, "")
        assert cli.main(words) == 0

    assert capsys.readouterr().out == TABLE
    assert server.connections == 1


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object for each address, null where nothing is known."""
    with WhoisServer() as server:
        path = configuration(tmp_path, server.port)
        assert cli.main(["origin", "198.51.100.0/24", "203.0.113.9", "--json", "--config", path]) == 0

    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [list(each)[:2] for each in told] == [["version", "t"]] * 2
    assert [(each.pop("version"), each.pop("t") > 0) for each in told] == [(1, True)] * 2
    assert told == [
        {
            "address": "198.51.100.0/24",
            "asn": "64500",
            "asname": "EXAMPLE, FR",
            "country": "FR",
            "prefix": "198.51.100.0/24",
            "source": "cymru",
        },
        {
            "address": "203.0.113.9",
            "asn": None,
            "asname": None,
            "country": None,
            "prefix": None,
            "source": "none",
        },
    ]


def test_what_is_missing_is_said_on_stderr(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], refused_port: int
) -> None:
    """The table comes all the same."""
    path = configuration(tmp_path, refused_port, "mmdb = /nonexistent.mmdb\n")
    assert cli.main(["origin", "198.51.100.7", "--config", path]) == 0

    out, err = capsys.readouterr()
    assert out.splitlines()[1].split() == ["198.51.100.7", "-", "-", "-", "none", "-"]
    assert err.splitlines() == [
        "ideolab-f2b origin: /nonexistent.mmdb: not read as an MMDB file: "
        "FileNotFoundError(2, 'No such file or directory')",
        "ideolab-f2b origin: some addresses have no AS and no country: "
        f"127.0.0.1:{refused_port}: no connection: [Errno 111] Connection refused",
    ]


def test_a_wrong_word_stops_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is named, the others are shown, and the exit code tells."""
    with WhoisServer() as server:
        path = configuration(tmp_path, server.port)
        assert cli.main(["origin", "198.51.100.256", "198.51.100.7,203.0.113.9", "--config", path]) == 1

    assert capsys.readouterr() == (
        TABLE,
        "ideolab-f2b origin: 198.51.100.256: no address and no network\n",
    )


@pytest.mark.parametrize("words", [[], ["example.org"], ["198.51.100.257", "198.51.100.256"]])
def test_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Names are never resolved."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["origin", *words])

    assert caught.value.code == 2
    assert "usage: ideolab-f2b origin" in capsys.readouterr().err


def test_a_terminal_of_another_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name in another script is escaped, not an error."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))

    assert origin.table([Origin("198.51.100.7", asname="Été")])[1].endswith("\\xc9t\\xe9")


@pytest.mark.root
def test_an_ordinary_user_gets_an_answer(tmp_path: Path) -> None:
    """The cache is root's: it is said, and the network is asked."""
    with WhoisServer() as server:
        path = configuration(tmp_path, server.port)
        assert cli.main(["origin", "203.0.113.9", "--config", path]) == 0
        for directory in (tmp_path, *tmp_path.parents):
            is_ours = directory.name.startswith(("pytest-", "popen-", tmp_path.name))
            if is_ours and directory.owner() == "root":
                directory.chmod(0o755)
        done = subprocess.run(
            [
                "/usr/bin/python3",
                "-m",
                "ideolab_f2b",
                "origin",
                "198.51.100.7",
                "203.0.113.9",
                "--config",
                path,
            ],
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            user=65534,
            group=65534,
            extra_groups=[],
            timeout=120,
        )

    cache = tmp_path / "connmon_cache.sqlite3"
    assert (done.returncode, done.stdout) == (0, TABLE)
    assert done.stderr == (
        f"ideolab-f2b origin: the cache of origins {cache} is not used: unable to open database file\n"
    )


SMALL = """\
import subprocess, sys, ipaddress
sys.path.insert(0, {repository!r})
from pathlib import Path
from ideolab_f2b import config
from ideolab_f2b.origin.lookup import Lookup
from tests.origin.whois_server import WhoisServer
directory = Path({directory!r})
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", directory], check=True)
many = ["198.%d.%d.1" % (18 + number // 256, number % 256) for number in range(512)]
rows = {{one[:-1] + "0/24": ("64500", "FR", "x" * 120) for one in many}}
with WhoisServer(prefixes=rows) as server:
    settings = config.OriginSettings(cymru_host="127.0.0.1", cymru_port=server.port, ipwhois=0)
    lookup = Lookup(settings, directory / "cache.sqlite3")
    lookup.resolve(many[:1])
    if sys.argv[1] == "read-only":
        lookup.close()
        subprocess.run(["mount", "-o", "remount,ro", directory], check=True)
    found = lookup.resolve(many)
    again = lookup.resolve(many)
    print(*(sum(one.is_known for one in answer.values()) for answer in (found, again)))
    print(lookup.resolve_locally(many[:1])[many[0]].asn, *lookup.complaints(), sep="\\n")
    lookup.close()
"""


@pytest.mark.root
@pytest.mark.parametrize(
    ("kind", "complaint"),
    [
        ("full", "database or disk is full"),
        ("read-only", "attempt to write a readonly database"),
    ],
)
def test_a_disk_that_takes_nothing(tmp_path: Path, kind: str, complaint: str) -> None:
    """Everybody is answered, what was kept before is still there, and it is said."""
    script = SMALL.format(repository=str(REPOSITORY), directory=str(tmp_path))
    done = subprocess.run(
        ["unshare", "-m", sys.executable, "-c", script, kind], capture_output=True, text=True, timeout=120
    )

    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "512 512",
        "64500",
        f"the cache of origins {tmp_path}/cache.sqlite3 is not used: {complaint}",
    ]
