"""`geo apply`, `confirm`, `pause` and `remove`, typed in a namespace."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.commands.geo import kernel_verb
from ideolab_f2b.geo import country_list
from ideolab_f2b.geo.rule import in_force, metrics
from ideolab_f2b.geo.rule.state import StateFiles
from ideolab_f2b.metrics import read as read_prom
from tests.geo.rule.conftest import OUTSIDE, World, make_list
from tests.geo.rule.conftest import backend as backend
from tests.geo.rule.conftest import world as world

pytestmark = pytest.mark.root
WORDS = "allow FR, ES on TCP 443 (2 + 1 prefixes)"
Type = Callable[..., int]


@pytest.fixture
def typed(world: World, backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Type:
    """Types a verb of `geo` in the server's namespace; nobody came by SSH."""
    for module in (in_force, kernel_verb):
        monkeypatch.setattr(module, "StateFiles", lambda: StateFiles(world.directory))
    monkeypatch.setattr(metrics, "COLLECTORS", ())
    monkeypatch.setattr("ideolab_f2b.geo.rule.never_refused.list_sources", dict)
    monkeypatch.setattr("ideolab_f2b.geo.rule.caller.find", lambda: None)
    country_list.save(make_list(), tmp_path / "list")
    (tmp_path / "f2b.conf").write_text(
        f"[geo]\npolicy = allow\ncountries = ES, FR\nbackend = {backend}\n"
        f"[paths]\ntextfile_dir = {tmp_path}\n"
    )

    def run(*words: str) -> int:
        options = ["--config", str(tmp_path / "f2b.conf")]
        if words[0] == "apply":
            options += ["--list", str(tmp_path / "list")]
        with world.server.enter():
            return cli.main(["geo", *words, *options])

    return run


def test_all_verbs(typed: Type, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A trial, its confirmation, a pause, a flush, the end; each says what it has done."""
    assert typed("apply", "--confirm", "60s") == typed("confirm") == typed("pause", "10m") == 0
    assert typed("pause", "--end") == typed("apply", "--renew") == 0
    assert not world.gets_in(OUTSIDE[0])
    assert read_prom(tmp_path / "ideolab_geo.prom")["ideolab_geo_in_force"] == {(): 1.0}
    assert typed("remove") == typed("remove") == typed("pause", "10m") == 0
    assert world.gets_in(OUTSIDE[0])
    assert not (tmp_path / "ideolab_geo.prom").exists()

    out, err = capsys.readouterr()
    assert (out.replace("nft", "ipset").splitlines(), err) == ([
        f"in force for 60 s: {WORDS}",
        "Open a new connection to this host, then type: sudo ideolab-f2b geo confirm",
        f"confirmed: {WORDS}",
        "every country gets in for 600 s: TCP 443",
        "the pause is over: TCP 443",
        "removed from ipset",
        "nothing was in force",
        "no country list is in force: every country gets in",
    ], "")  # fmt: skip


def test_settings_that_are_broken(
    typed: Type, world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They keep nobody from taking the list away; to put one in force they have to be right."""
    assert typed("apply") == 0
    path = tmp_path / "f2b.conf"
    path.write_text("[geo]\npolicy = permit\n")
    capsys.readouterr()

    assert typed("apply") == 1
    assert not world.gets_in(OUTSIDE[0])
    assert typed("pause", "10m") == typed("pause", "--end") == typed("remove") == 0
    assert world.gets_in(OUTSIDE[0])

    out, err = capsys.readouterr()
    wrong = f"ideolab-f2b geo: {path}: [geo] policy = 'permit': off, allow or deny is needed"
    assert (out.splitlines()[-1].replace("nft", "ipset"), err.splitlines()) == (
        "removed from ipset",
        [wrong] * 4,
    )


def test_who_would_lock_himself_out(
    typed: Type, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script needs --yes, a person is asked; a trial needs neither, nor who gets in anyway."""
    monkeypatch.setattr("ideolab_f2b.geo.rule.caller.find", lambda: ip_address(OUTSIDE[0]))
    assert typed("apply") == 1
    assert capsys.readouterr().err == (
        "ideolab-f2b geo: you came by SSH from 198.51.100.200, which this list refuses: it is let in until a"
        " day after your session. Nothing was changed. Try it with --confirm 60s, or say --yes; write the"
        " address into /etc/ideolab/never-ban to keep it in for good\n"
    )

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("no\n"))
    assert typed("apply") == 1
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert typed("apply") == 0
    assert "Apply it? [y/N] " in capsys.readouterr().err
    assert typed("apply", "--yes") == typed("apply", "--confirm", "1m") == 0
    monkeypatch.setattr("ideolab_f2b.geo.rule.caller.find", lambda: ip_address("198.51.100.7"))
    assert typed("apply") == 0


def test_json(typed: Type, capsys: pytest.CaptureFixture[str]) -> None:
    """One object each."""
    assert typed("apply", "--json") == typed("remove", "--json") == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert found[0]["done"] == WORDS
    assert [one["troubles"] for one in found] == [[], []]


def test_another_list(typed: Type, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A list that is not the one of the settings is built anew first; so is one that is missing."""
    country_list.save(make_list(countries=("FR",)), tmp_path / "list")
    assert typed("apply") == 1
    (tmp_path / "list").unlink()
    assert typed("apply") == 1
    first, second = capsys.readouterr().err.splitlines()
    assert first == (
        "ideolab-f2b geo: the list was built for `allow FR`, and [geo] says `allow ES, FR`; build it anew:"
        " sudo ideolab-f2b geo build"
    )
    assert "there is no country list" in second


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("confirm",), "no list is tried out; sudo ideolab-f2b geo apply --confirm 60s"),
        (("apply", "--confirm", "2d"), "a trial of a day at most is needed, such as 60s"),
        (("apply", "--confirm", "60s", "--renew"), "--renew is for timers: nobody could confirm"),
        (("pause", "2d"), "a pause of a day at most is needed, such as 10m"),
        (("pause",), "one of the arguments TIME --end is required"),
    ],
)
def test_what_is_refused(
    typed: Type, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each error says what is needed."""
    try:
        code = typed(*words)
    except SystemExit as ended:
        code = int(str(ended.code))
    assert code in (1, 2)
    assert said in capsys.readouterr().err
