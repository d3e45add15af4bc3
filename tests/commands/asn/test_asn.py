"""command: the verbs of `ideolab-f2b asn`, what a person types and sees."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import cli
from tests.asn import tables

CSV = """\
198.51.100.0/25,64500,"EXAMPLE, ""Inc"" \x1b[31m\u202e"
198.51.100.128/25,64500,EXAMPLE
2001:db8::/32,64501,=cmd|' /C calc'!A0
10.0.0.0/8,64501,PRIVATE
"""
#: 2026-06-17
DATED = 1781654400


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A file of a vendor, of a day in June."""
    path = tmp_path / "asn.csv"
    path.write_text(CSV)
    os.utime(path, (DATED, DATED))
    return path


@pytest.fixture
def table(tmp_path: Path) -> str:
    """The path of a table with two ASes."""
    rows = [
        (64500, 'EXAMPLE, "Inc" é', ["198.51.100.0/24", "203.0.113.0/24"]),
        (64501, "=cmd|' /C calc'!A0", ["2001:db8::/32", "198.51.100.64/26"]),
    ]
    return str(tables.build(tmp_path / "asn.sqlite3", rows))


def read_json(text: str) -> list[dict[str, Any]]:
    """The objects without their version and time."""
    found = [json.loads(line) for line in text.splitlines()]
    assert [(one.pop("version"), one.pop("t") > 0) for one in found] == [(1, True)] * len(found)
    return found


def test_build_says_what_it_took_and_what_not(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line for the table and one for each file; strangers' bytes are escaped."""
    table = tmp_path / "asn.sqlite3"
    assert cli.main(["asn", "build", "--file", str(source), "--table", str(table)]) == 0

    assert capsys.readouterr() == (
        f"{table}: 2 ASes, 2 networks of IPv4, 1 of IPv6; data of 2026-06-17\n"
        f"csv {source}: data of 2026-06-17; 1 refused: 1 row: private or reserved addresses"
        ' (first: "10.0.0.0/8,64501,PRIVATE")\n',
        "",
    )


def test_build_as_json(tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One object."""
    table = tmp_path / "asn.sqlite3"
    assert cli.main(["asn", "build", "--file", str(source), "--table", str(table), "--json"]) == 0

    assert read_json(capsys.readouterr().out) == [
        {
            "table": str(table),
            "systems": 2,
            "ranges4": 2,
            "ranges6": 1,
            "dated": DATED,
            "files": [
                {
                    "path": str(source),
                    "kind": "csv",
                    "dated": DATED,
                    "unannounced": 0,
                    "refused": {"private or reserved addresses": 1},
                }
            ],
        }
    ]


def test_build_takes_the_files_of_the_settings(
    tmp_path: Path, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without --file; none there either is an error that says where to write them."""
    settings = tmp_path / "f2b.conf"
    settings.write_text("[asn]\n")
    words = ["asn", "build", "--config", str(settings), "--table", str(tmp_path / "asn.sqlite3")]
    assert cli.main(words) == 1
    assert capsys.readouterr().err == (
        f"ideolab-f2b asn: no file is given: --file PATH, or files = PATH below [asn] in {settings};"
        " docs/asn.md says where to get one\n"
    )
    settings.write_text(f"[asn]\nfiles = {source}\n")
    assert cli.main(words) == 0
    capsys.readouterr()
    assert cli.main([*words, "--if-changed"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'asn.sqlite3'}: built from these files already\n"
    source.write_text(CSV + "203.0.113.0/24,64502,NEW\n")
    assert cli.main([*words, "--if-changed"]) == 0
    assert " 3 ASes, 3 networks of IPv4, 1 of IPv6;" in capsys.readouterr().out


def test_build_reads_standard_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """whois | ideolab-f2b asn build."""
    answer = io.TextIOWrapper(io.BytesIO(b"A16\n198.51.100.0/24\nC\n"))
    monkeypatch.setattr(sys, "stdin", answer)
    table = tmp_path / "asn.sqlite3"
    assert cli.main(["asn", "build", "--file", "-", "--as", "AS64500", "--table", str(table)]) == 0
    assert capsys.readouterr().out.splitlines()[0].startswith(f"{table}: 1 AS, 1 networks of IPv4, 0 of")


@pytest.mark.parametrize("words", [["--as", "64500"], ["--as", "AS0"], ["--source", "zip"]])
def test_wrong_options_are_usage_errors(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """With what is right."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["asn", "build", *words])
    assert caught.value.code == 2
    assert "write it as AS64500" in (error := capsys.readouterr().err) or "choose from" in error


def test_a_bad_file_is_one_line_and_json(
    tmp_path: Path, table: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old table stays in force."""
    bad = tmp_path / "bad.gz"
    bad.write_bytes(b"\x1f\x8b")
    assert cli.main(["asn", "build", "--file", str(bad), "--table", table, "--json"]) == 1
    error = f'"{bad}": packed by gzip: unpack it with gunzip -k; the table of 2026-06-17 stays in force'
    out, err = capsys.readouterr()
    assert (read_json(out), err) == ([{"error": error}], f"ideolab-f2b asn: {error}\n")


def test_show(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A line about each AS, and its networks; an AS that announces nothing is an exit code of 1."""
    assert cli.main(["asn", "show", "AS64500", "as64501", "AS64511", "--table", table]) == 1
    assert capsys.readouterr() == (
        'AS64500 EXAMPLE, "Inc" é: 2 prefixes, 512 IPv4 addresses\n'
        "198.51.100.0/24\n"
        "203.0.113.0/24\n"
        "AS64501 =cmd|' /C calc'!A0: 2 prefixes, 64 IPv4 addresses and 4,294,967,296 /64 of IPv6\n"
        "198.51.100.64/26\n"
        "2001:db8::/32\n",
        "ideolab-f2b asn: no networks of AS64511 in the data of 2026-06-17\n",
    )


def test_show_as_json(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One object for each AS, in ASCII."""
    assert cli.main(["asn", "show", "AS64500", "--json", "--table", table]) == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert read_json(out) == [
        {
            "asn": "64500",
            "asname": 'EXAMPLE, "Inc" é',
            "addresses": 512,
            "subnets": 0,
            "prefixes": ["198.51.100.0/24", "203.0.113.0/24"],
        }
    ]


def test_show_what_the_table_is(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Without a number."""
    assert cli.main(["asn", "show", "--table", table]) == 0
    assert capsys.readouterr().out == "2 ASes, 4 networks; data of 2026-06-17, built 2026-06-18 from a test\n"
    assert cli.main(["asn", "show", "--json", "--table", table]) == 0
    assert read_json(capsys.readouterr().out) == [
        {"source": "a test", "dated": 1781654400, "built": 1781740800, "systems": 2, "ranges": 4}
    ]


def test_find(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The smallest range; what is unknown has dashes; a word that is no address is named."""
    words = ["198.51.100.7", "198.51.100.70", "2001:db8::/48", "192.0.2.1", "x"]
    assert cli.main(["asn", "find", *words, "--table", table]) == 1
    assert capsys.readouterr() == (
        "address        AS       prefix            name\n"
        '198.51.100.7   AS64500  198.51.100.0/24   EXAMPLE, "Inc" é\n'
        "198.51.100.70  AS64501  198.51.100.64/26  =cmd|' /C calc'!A0\n"
        "2001:db8::/48  AS64501  2001:db8::/32     =cmd|' /C calc'!A0\n"
        "192.0.2.1      -        -                 -\n",
        "ideolab-f2b asn: x: no address and no network; names are not looked up: write the address\n",
    )


def test_find_as_json(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    """null where nobody announces it; a word that is no address has an error."""
    assert cli.main(["asn", "find", "198.51.100.70", "192.0.2.1", "x", "--json", "--table", table]) == 1
    assert read_json(capsys.readouterr().out) == [
        {
            "address": "198.51.100.70",
            "asn": "64501",
            "asname": "=cmd|' /C calc'!A0",
            "prefix": "198.51.100.64/26",
        },
        {"address": "192.0.2.1", "asn": None, "asname": None, "prefix": None},
        {
            "address": "x",
            "error": "no address and no network; names are not looked up: write the address",
        },
    ]


@pytest.mark.parametrize("words", [["show"], ["show", "AS64500"], ["find", "198.51.100.7"]])
def test_without_a_table_the_way_out_is_named(
    tmp_path: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, no traceback."""
    path = tmp_path / "none"
    assert cli.main(["asn", *words, "--table", str(path)]) == 1
    assert capsys.readouterr().err == (
        f"ideolab-f2b asn: {path} is missing: there is no table of AS numbers; ideolab-f2b asn build makes it"
        " (docs/asn.md)\n"
    )


@pytest.mark.parametrize("words", [[], ["builds"], ["show", "--jsn"], ["find"]])
def test_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["asn", *words])
    assert caught.value.code == 2
    assert "usage: ideolab-f2b asn" in capsys.readouterr().err


def test_show_of_no_number(table: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is right is said."""
    assert cli.main(["asn", "show", "64500", "--table", table]) == 1
    assert "'64500' is no AS number; write it as AS64500" in capsys.readouterr().err
