"""One shape of JSON: what every verb prints with --json, and what docs/commands.md says of it."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from demo.lab.child import REPOSITORY
from ideolab_f2b import cli
from tests.bans.conftest import Host

SNAPSHOT = REPOSITORY / "tests" / "connmon" / "snapshots" / "1.22.1-stock.ss.txt.gz"
DOCUMENTED = (REPOSITORY / "docs" / "commands.md").read_text()


def has_json(verb: str) -> bool:
    """Whether a verb takes --json."""
    whole = cli.parser(verb)
    choices = next(action.choices for action in whole._actions if action.dest == "verb")
    assert isinstance(choices, dict)
    return any("--json" in action.option_strings for action in choices[verb]._actions)


VERBS = [verb for verb in cli.VERBS if has_json(verb)]


def run(host: Host, *words: str) -> tuple[int, list[dict[str, Any]]]:
    """Run a verb in the namespace of the host; return its exit code and its objects."""
    done = subprocess.run(
        host.namespace.command(sys.executable, "-m", "ideolab_f2b", *words, "--json"),
        capture_output=True, text=True, timeout=120, check=False, cwd=REPOSITORY,
        env={**os.environ, "PATH": f"{host.directory}/bin:{os.environ['PATH']}"},
    )  # fmt: skip
    assert done.stdout.isascii(), done.stdout
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.root
def test_each_verb_prints_the_same_shape(host: Host, tmp_path: Path) -> None:
    """Version and time come first; a name means the same everywhere, and the docs have it."""
    snapshot, pids = tmp_path / "ss.txt", tmp_path / "pids"
    pids.write_text(f"{os.getpid()}")
    snapshot.write_bytes(gzip.decompress(SNAPSHOT.read_bytes()))
    config = ["--config", str(host.directory / "f2b.conf")]
    (host.directory / "f2b.conf").write_text(
        f"[paths]\nstate_dir = {tmp_path}\nlog_dir = {tmp_path}\ntextfile_dir = {tmp_path}\n"
        "[origin]\ncymru_host =\nipwhois = 0\n[connmon]\ncontainers = no\n"
    )
    told = {
        "ban": run(host, "ban", "198.51.100.7", "198.51.100.256"),
        "status": run(host, "status", *config),
        "status ADDRESS": run(host, "status", "198.51.100.7", "x", *config),
        "bans": run(host, "bans", *config),
        "suggest": run(host, "suggest", *config),
        "origin": run(host, "origin", "198.51.100.7", "x", *config),
        "connmon": run(host, "connmon", "--snapshot", str(snapshot), *config),
        "netns": run(host, "netns", "--list", "--pids", str(pids), *config),
        "unban": run(host, "unban", "198.51.100.7"),
        "unban --all": run(host, "unban", "--all"),
        "a verb that fails": run(host, "bans", "--jail", "nope"),
    }

    # tests/commands/test_check.py has check
    assert {name.split()[0] for name in told} >= {*VERBS} - {"check"}
    assert [name for name, (_code, objects) in told.items() if not objects] == ["unban --all"]
    for name, (_code, objects) in told.items():
        for each in objects:
            assert list(each)[:2] == ["version", "t"], name
            assert (each["version"], each["t"] > 1e9) == (1, True), name
            assert [key for key in each if f"`{key}`" not in DOCUMENTED and name != "connmon"] == [], name
    assert [code for code, _objects in told.values()] == [1, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1]
    assert told["origin"][1][1]["error"].startswith("no address and no network")
    assert told["a verb that fails"][1][0]["error"].startswith("no jail 'nope' runs; there are ")


@pytest.mark.parametrize("verb", VERBS)
def test_a_usage_error_is_an_object_too(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A program that asked for JSON reads why."""
    with pytest.raises(SystemExit) as caught:
        cli.main([verb, "--json", "--no-such-option"])

    out, err = capsys.readouterr()
    told = json.loads(out)
    assert (caught.value.code, list(told)) == (2, ["version", "t", "error"])
    assert told["error"] in err
