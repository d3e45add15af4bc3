"""`ideolab-f2b geo show`: the list, and the country of addresses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.config import GeoSettings
from ideolab_f2b.geo import build
from tests.geo import vendor_files


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a list is that allows FR and GB."""
    built = build.build(
        GeoSettings("allow", ("FR", "GB")), vendor_files.write_tor(tmp_path), "", 1795989110.0
    )
    build.replace(built, tmp_path / "geo")
    return tmp_path / "geo"


def test_the_list(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the build has told of it."""
    assert cli.main(["geo", "show", "--place", str(place)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "policy  allow only FR (France), GB (United Kingdom, UK)"
    assert [line.split()[0] for line in lines] == ["policy", "source", "dated", "built", "IPv4", "IPv6"]


def test_addresses(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The country of each, and what the list says; of a network, that of its first address."""
    words = ["198.51.100.7", "198.51.100.40", "198.51.100.70", "::ffff:198.51.100.100", "2001:db8:4::/64"]
    assert cli.main(["geo", "show", "--place", str(place), *words]) == 0

    assert capsys.readouterr().out == (
        "address         country  list     name\n"
        "198.51.100.7    FR       let in   France\n"
        "198.51.100.40   US       refused  United States\n"
        "198.51.100.70   -        refused  -\n"
        "198.51.100.100  GB       let in   United Kingdom\n"
        "2001:db8:4::    GB       let in   United Kingdom\n"
    )


def test_a_word_that_is_no_address(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The others are shown all the same."""
    assert cli.main(["geo", "show", "--place", str(place), "198.51.100.7", "France"]) == 1

    said = capsys.readouterr()
    assert said.out.splitlines()[1:] == ["198.51.100.7  FR       let in  France"]
    assert said.err.startswith("ideolab-f2b geo show: France: ")


def test_no_address_at_all(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is shown: exit code 2, as of the other verbs that take addresses."""
    with pytest.raises(SystemExit) as ended:
        cli.main(["geo", "show", "--place", str(place), "France"])

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ideolab-f2b geo show")


def test_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object for each address, or one for the list."""
    assert cli.main(["geo", "show", "--place", str(place), "--json", "198.51.100.40", "198.51.100.70"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert cli.main(["geo", "show", "--place", str(place), "--json"]) == 0
    whole = json.loads(capsys.readouterr().out)

    assert [(row["address"], row["country"], row["name"], row["refused"]) for row in rows] == [
        ("198.51.100.40", "US", "United States", True),
        ("198.51.100.70", None, None, True),
    ]
    assert (whole["policy"], whole["prefixes4"], whole["networks6"]) == ("allow", 2, 131072)


def test_without_a_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What to type."""
    assert cli.main(["geo", "show", "--place", str(tmp_path)]) == 1

    assert capsys.readouterr().err.startswith(
        f"ideolab-f2b geo: there is no country list ({tmp_path}/list); sudo ideolab-f2b geo build"
    )
