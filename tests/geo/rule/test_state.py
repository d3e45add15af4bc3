"""What is remembered of a list: written, read back, broken, forgotten."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ideolab_f2b.geo.rule import applied_list
from ideolab_f2b.geo.rule.applied_list import AppliedList
from ideolab_f2b.geo.rule.plan import KernelState, RuleProblemError
from ideolab_f2b.geo.rule.state import APPLIED, TRIAL, StateFiles
from tests.geo.rule.conftest import make_list

ONE = AppliedList(
    "abcdefgh", "nft", "allow", ("FR", "ES"), (443, 8443), True, 1000.0, 2000.0, 2, 1,
    "digest", ("203.0.113.9/32",), {"monitor.example.com": ("198.51.100.7",)},
)  # fmt: skip


def test_save_and_load(tmp_path: Path) -> None:
    """Settings and prefixes come back as they were; the files are root's alone."""
    files = StateFiles(tmp_path / "geo")
    assert (files.load(APPLIED), files.is_any()) == (None, False)

    files.save(APPLIED, ONE, make_list())

    assert files.load(APPLIED) == ONE
    assert files.load_list(APPLIED) == make_list() or list(files.load_list(APPLIED).prefixes(4)) == list(
        make_list().prefixes(4)
    )
    assert files.is_any()
    assert stat.S_IMODE((tmp_path / "geo/applied.json").stat().st_mode) == 0o600


def test_trial(tmp_path: Path) -> None:
    """A trial becomes what is applied, or is forgotten."""
    files = StateFiles(tmp_path)
    files.save(TRIAL, ONE, make_list())
    files.keep_trial()
    assert (files.load(TRIAL), files.load(APPLIED)) == (None, ONE)
    files.forget(APPLIED, TRIAL)
    assert sorted(path.name for path in tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"token": 1}', applied_list.pack(ONE).decode()[:40]],
)
def test_broken_files(tmp_path: Path, text: str) -> None:
    """The error names the file and the way out."""
    (tmp_path / "applied.json").write_text(text)
    with pytest.raises(
        RuleProblemError, match=r"applied\.json cannot be read: .*; sudo ideolab-f2b geo apply"
    ):
        StateFiles(tmp_path).load(APPLIED)


@pytest.mark.parametrize(
    ("field", "value"),
    [("token", "x; y"), ("backend", ""), ("ports", (0,)), ("ports", (65536,)), ("countries", ("F R",))],
)
def test_values_that_are_none(field: str, value: object) -> None:
    """No word of the file becomes part of a rule unseen."""
    with pytest.raises(ValueError, match="is no"):
        applied_list.parse(applied_list.pack(replace(ONE, **{field: value})))  # type: ignore[arg-type]


def test_whether_the_kernel_has_it() -> None:
    """The same list, ports, and as many prefixes where the kernel counts them."""
    state = KernelState("abcdefgh", (443, 8443))
    assert ONE.is_in(state)
    assert ONE.is_in(state._replace(counts={4: 2, 6: 1}))
    assert not ONE.is_in(state._replace(counts={4: 0, 6: 1}))
    assert not ONE.is_in(KernelState("other", (443, 8443)))
    assert not ONE.is_in(state._replace(ports=(443,)))
    assert not ONE.is_in(KernelState())


def test_in_words() -> None:
    """As the verbs and `check` say it."""
    assert ONE.describe() == "allow FR, ES on TCP and UDP 443, 8443 (2 + 1 prefixes)"
