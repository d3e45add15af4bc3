"""The process that counts the visitors of networks."""

from __future__ import annotations

import functools
import io
import json
import os
import resource
import time
from pathlib import Path
from typing import Any

import pytest

from ideolab_f2b import config
from ideolab_f2b.actions.aggregate import visitor_child
from ideolab_f2b.bans.jail_bans import key_of_text
from ideolab_f2b.visitors.visitors import Visitors

NET = 0xC6336400


def seen(*clients: str, **fields: Any) -> Visitors:
    return Visitors(
        {key_of_text(each) or (0, 0, 0): 3 for each in clients}, ("access.log",), 1000.0, **fields
    )


def test_count() -> None:
    """Clients of each span, without those who are banned; an IPv6 client is its /64."""
    visitors = seen("198.51.100.7", "198.51.100.8", "198.51.100.99", "2001:db8:0:5::/64")
    spans = [(4, NET, NET + 15), (4, NET + 16, NET + 31), (6, 0x20010DB800000000, 0x20010DB80000000F)]

    assert visitor_child.count(visitors, spans, {4: frozenset({NET + 8}), 6: frozenset()}) == [1, 0, 1]


def test_a_week_or_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the logs of a week are more than can be read, those of a day are enough."""
    asked: list[float] = []

    def read(days: float, patterns: object) -> Visitors:
        assert patterns == ("/srv/*.log",)
        asked.append(days)
        return seen("198.51.100.7", is_partial=days == 7, troubles=("too much",) if days == 7 else ())

    monkeypatch.setattr(visitor_child, "read", read)
    told = visitor_child.answer(
        {"spans": [[4, NET, NET + 255]], "banned": {"4": [], "6": []}}, ("/srv/*.log",)
    )

    assert asked == [7, 1]
    assert told == {
        "since": 1000.0, "written": 0.0, "is_known": True, "is_partial": False, "visitors": [1],
        "troubles": [],
    }  # fmt: skip


def test_the_logs_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who visits a site that logs elsewhere is a visitor, and a file that cannot be read ends it."""
    conf = tmp_path / "f2b.conf"
    conf.write_text(f"[visitors]\nlogs = {tmp_path}/site*.log\n")
    when = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
    (tmp_path / "site1.log").write_text(f'198.51.100.7 - - [{when}] "GET / HTTP/1.1" 200 12 "-" "x"\n')
    monkeypatch.setattr(config, "load", functools.partial(config.load, conf))
    monkeypatch.setattr(resource, "setrlimit", lambda *_given: None)
    monkeypatch.setattr(os, "nice", lambda _more: 0)
    question = json.dumps({"spans": [[4, NET, NET + 255]], "banned": {"4": [], "6": []}})

    monkeypatch.setattr("sys.stdin", io.StringIO(question))
    assert visitor_child.main() == 0
    assert json.loads(capsys.readouterr().out)["visitors"] == [1]

    conf.write_text("[visitors]\nlogs\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(question))
    with pytest.raises(config.ConfigError):
        visitor_child.main()
