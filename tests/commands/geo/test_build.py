"""`ideolab-f2b geo build`: what a person types and reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.geo import last_failure
from tests.geo import vendor_files


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    """f2b.conf with the countries of the first version's example and files that are there."""
    paths = vendor_files.write_tor(tmp_path)
    path = tmp_path / "f2b.conf"
    path.write_text(
        f"[geo]\npolicy = allow\ncountries = FR, UK, US\nsource = {', '.join(map(str, paths))}\nports = 443\n"
    )
    return path


def build(conf: Path, *words: str) -> int:
    """Run the verb with the files of the test."""
    return cli.main(["geo", "build", "--config", str(conf), "--place", str(conf.parent / "geo"), *words])


def test_the_list_is_made_and_told(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Policy with names, source, ages, sizes, and what to type next."""
    assert build(conf) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "policy  allow only FR (France), GB (United Kingdom, UK), US (United States)"
    assert lines[1] == f"source  tor: {conf.parent}/geoip, {conf.parent}/geoip6"
    assert lines[2].startswith("dated   2026-06-25 (")
    assert lines[4:] == [
        "IPv4    2 prefixes, 96 addresses (0.0% of all)",
        "IPv6    3 prefixes, 196,608 networks /64",
        f"saved to {conf.parent}/geo; next: sudo ideolab-f2b geo apply --confirm 60s",
    ]


def test_json(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object."""
    assert build(conf, "--json") == 0

    fields = json.loads(capsys.readouterr().out)
    assert (fields["version"], fields["policy"], fields["countries"]) == (1, "allow", ["FR", "GB", "US"])
    assert (fields["prefixes4"], fields["prefixes6"], fields["refused"]) == (2, 3, {})


def test_a_failed_build_says_that_the_old_list_stays(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the reason is; without an old list nothing is said of one."""
    missing = str(conf.parent / "missing")
    assert build(conf, "--file", missing) == 1
    first = capsys.readouterr().err
    assert build(conf) == 0
    saved = (conf.parent / "geo" / "list").read_bytes()
    assert build(conf, "--file", missing) == 1
    second = capsys.readouterr().err

    error = f"ideolab-f2b geo: {missing}: there is no such file; docs/geo.md says how to get one"
    assert first == f"{error}\n"
    assert second.startswith(f"{error}; the list that was built on 20")
    assert second.endswith(" stays in force\n")
    assert (conf.parent / "geo" / "list").read_bytes() == saved


def test_a_list_that_looks_wrong(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One family only: refused, and taken with --force."""
    words = ("--file", str(conf.parent / "geoip"))
    assert build(conf, *words) == 1
    assert capsys.readouterr().err == (
        "ideolab-f2b geo: it has no IPv6 address: nobody would get in by IPv6; if it is right so:"
        " geo build --force\n"
    )
    assert build(conf, *words, "--force") == 0


def test_check_can_tell_why_the_last_build_failed(conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A timer has nobody who reads its errors; the next good build ends it."""
    place = conf.parent / "geo"
    assert build(conf) == 0
    assert build(conf, "--file", str(conf.parent / "missing")) == 1
    failure = last_failure.read(place)
    assert build(conf) == 0

    assert failure is not None
    assert failure.error == f"{conf.parent}/missing: there is no such file; docs/geo.md says how to get one"
    assert last_failure.read(place) is None


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--source", "tar"], "argument --source: invalid choice: 'tar'"),
        (["--fiel", "x"], "there is no option '--fiel'; did you mean --file or --help?"),
    ],
)
def test_usage(words: list[str], error: str, conf: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The wrong word is named."""
    with pytest.raises(SystemExit) as caught:
        build(conf, *words)

    assert caught.value.code == 2
    assert error in capsys.readouterr().err
