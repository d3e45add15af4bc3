"""AS numbers and previews through the helper, behind a real fail2ban."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.lab.fail2ban import Fail2ban
from demo.lab.namespace import link_namespaces
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.asn import tables
from tests.fw_ip.conftest import Host

pytestmark = pytest.mark.root

JAILS = """
[ideolab-manual]
enabled = true
[ideolab-asn]
enabled = true
logpath = {directory}/connmon.log
"""


@pytest.fixture(scope="module")
def as_host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A server with the jail of AS numbers and a table."""
    directory = tmp_path_factory.mktemp("f2b")
    with link_namespaces("f2bga") as (namespace, _client):
        server = Fail2ban(namespace, directory, JAILS.format(directory=directory))
        with namespace.enter():
            sets = Sets()
        try:
            server.start()
            server.wait_for_rules("ideolab-manual", "ideolab-asn")
            server.state.mkdir(exist_ok=True)
            rows = [(64500, "ONE", ["198.51.100.0/24", "10.1.0.0/16"]), (64501, "BIG", ["10.0.0.0/9"])]
            tables.build(server.state / "asn.sqlite3", rows)
            yield Host(namespace, server, sets)
        finally:
            server.stop()
            sets.close()


def test_the_life_of_a_ban(as_host: Host) -> None:
    """By sudo too, wider than /24 as it is; the cap stands, and root's ban is root's to lift."""
    done = as_host.fw_ip("ban", "as64500", "AS64501", "AS0", "--for", "1h", sudo_uid="33")
    assert done.results == [("AS64500", "banned"), ("AS64501", "refused"), ("AS0", "refused")]
    assert done.lines[0]["until"] is not None and "above the cap" in done.lines[1]["detail"]
    assert sorted(as_host.elements("ideolab_asn")) == ["10.1.0.0/16", "198.51.100.0/24"]

    assert as_host.fw_ip("check", "AS64500", "AS64501").results == [
        ("AS64500", "banned"),
        ("AS64501", "not-banned"),
    ]
    kept = as_host.fw_ip("unban", "198.51.100.0/24")
    assert kept.lines[0]["detail"] == "still dropped: AS64500 is banned (ideolab_asn); unban that"
    kept = as_host.fw_ip("unban", "198.51.100.0/24", sudo_uid="33")
    assert kept.results == [("198.51.100.0/24", "held")]
    assert len(as_host.elements("ideolab_asn")) == 2

    assert as_host.fw_ip("unban", "AS64500", sudo_uid="33").results == [("AS64500", "unbanned")]
    assert as_host.elements("ideolab_asn") == {}
    as_host.server.ask("set", "ideolab-asn", "banip", "AS64500")
    held = as_host.fw_ip("unban", "AS64500", sudo_uid="33")
    assert (held.results, held.lines[0]["detail"]) == (
        [("AS64500", "held")],
        "banned by root: only root lifts that: ideolab-f2b unban AS64500",
    )
    assert as_host.fw_ip("unban", "AS64500").results == [("AS64500", "unbanned")]


def test_bounds(as_host: Host) -> None:
    """So many at once, and no words of an option."""
    many = "".join(f"preview AS{number}\n" for number in range(64496, 64496 + 21))
    done = as_host.fw_ip(stdin=many, sudo_uid="33")
    assert (done.code, done.lines) == (2, [])
    assert "too many previews and AS numbers: 20 at once; nothing was done" in done.stderr

    done = as_host.fw_ip(stdin="ban AS64501 --force\nban AS64501;x 60\npreview AS64501 60\n", sudo_uid="33")
    assert [line["result"] for line in done.lines] == ["refused"] * 3
    assert as_host.banned("ideolab-asn") == []


@pytest.fixture
def preview_program(program: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """In the place of ideolab-f2b: it notes its words and answers with what it is told."""
    path = tmp_path / "ideolab-f2b"
    path.write_text(f'#!/bin/sh\ncd {tmp_path}\necho "$@" > words\nenv > env\ncat > stdin\ncat answer\n')
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(program, "PROGRAM", str(path))
    return tmp_path


def make(
    program: ModuleType, directory: Path, answer: list[dict[str, Any]], *lines: str
) -> list[dict[str, Any]]:
    (directory / "answer").write_text("".join(f"{json.dumps(one)}\n" for one in answer))
    orders = [program.Order(line, program.Rights(is_root=False)) for line in lines]
    program.preview([one for one in orders if not one.result], program.SOCKET, program.Deadline(20.0))
    return [json.loads(str(one)) for one in orders]


def test_preview(program: ModuleType, preview_program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run for all words, without a word of the caller's on the command line."""
    monkeypatch.setenv("SECRET", "x")
    answer: list[dict[str, Any]] = [
        {"address": "AS64500", "allowed": True, "refusals": [], "over_cap": None},
        {"address": "198.51.100.0/24", "allowed": False, "refusals": ["own"], "over_cap": None},
    ]

    told = make(
        program, preview_program, answer, "preview as64500", "preview 198.51.100.0/24", "preview AS64511"
    )

    assert (preview_program / "words").read_text() == "ban --preview --json -\n"
    assert (preview_program / "stdin").read_text() == "AS64500\n198.51.100.0/24\nAS64511\n"
    assert "SECRET" not in (preview_program / "env").read_text()
    assert [(one["result"], one["detail"]) for one in told] == [
        ("allowed", ""),
        ("refused", "own"),
        ("error", "ideolab-f2b made no preview: try ideolab-f2b ban --preview as root"),
    ]
    assert [one.get("preview") for one in told] == [*answer, None]


def test_preview_that_takes_long(program: ModuleType, preview_program: Path) -> None:
    """It ends with the run, and says what to do."""
    (preview_program / "ideolab-f2b").write_text("#!/bin/sh\nexec sleep 60\n")

    with pytest.raises(program.HelperError, match="the preview took too long"):
        program.preview([program.Order("preview AS64500")], program.SOCKET, program.Deadline(2.2))


def test_preview_without_the_pack(program: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program is named."""
    monkeypatch.setattr(program, "PROGRAM", "/nonexistent/ideolab-f2b")

    with pytest.raises(program.HelperError, match="/nonexistent/ideolab-f2b: No such file or directory"):
        program.preview([program.Order("preview AS64500")], program.SOCKET, program.Deadline(20.0))


@pytest.mark.parametrize("word", ["AS4294967296", "AS01", "AS 64500", "AS64500\t", "ASN64500", "AS\u0661"])
def test_words_that_are_no_as(program: ModuleType, word: str) -> None:
    """They are refused before anything is asked."""
    assert program.Order(f"ban {word}").result == "refused"


@given(st.one_of(st.text(max_size=40), st.from_regex(r"(?:ban|preview|unban) [aA][sS]\S{0,12}(?: \S{1,6})?")))
def test_any_line(program: ModuleType, line: str) -> None:
    """What is not refused is an address, a network or an AS, in the one form that is sent on."""
    order = program.Order(line, program.Rights(is_root=False))

    if not order.result:
        assert (order.network is None) != (order.number is None)
        if order.number is not None:
            assert order.address == f"AS{order.number}" and 0 < order.number < 1 << 32
        assert order.address.isascii() and " " not in order.address
