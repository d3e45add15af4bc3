"""Verbs of a verb."""

from __future__ import annotations

import argparse
from types import SimpleNamespace

import pytest

from ideolab_f2b.commands.arguments import inner_verbs


def test_verbs_of_a_verb(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Each has its own options and the shared ones, and tells what is wrong by its own name."""
    module = SimpleNamespace(
        add_arguments=lambda parser: parser.add_argument("--days", type=int),
        run=lambda arguments: arguments.days,
    )
    monkeypatch.setattr("importlib.import_module", {"the.module": module}.__getitem__)
    verbs = {"show": ("the.module", "shows it")}
    parser = argparse.ArgumentParser(prog="ideolab-f2b thing")
    inner_verbs.add_inner_verbs(parser, verbs, lambda one: one.add_argument("--table"))

    arguments = parser.parse_args(["show", "--days", "3", "--table", "t"])
    assert (inner_verbs.run_inner_verb(arguments, verbs), arguments.table) == (3, "t")
    with pytest.raises(SystemExit):
        arguments.fail("no such thing")
    assert "ideolab-f2b thing show: error: no such thing" in capsys.readouterr().err
