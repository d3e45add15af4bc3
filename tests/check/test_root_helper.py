"""What `check` says of the helper, of the list of the never-banned and of sudo's rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check.root_helper import FileOwner, judge, judge_rule


@pytest.mark.parametrize(
    ("found", "state", "text"),
    [
        (FileOwner(0, 0o755), "ok", "/usr/local/sbin/ideolab-fw-ip"),
        (None, "wrong", "/usr/local/sbin/ideolab-fw-ip is missing"),
        (FileOwner(0, 0o775), "wrong", "others than root can write /usr/local/sbin/ideolab-fw-ip"),
        (FileOwner(33, 0o755), "wrong", "others than root can write /usr/local/sbin/ideolab-fw-ip"),
    ],
)
def test_the_helper_is_root_s(found: FileOwner | None, state: str, text: str) -> None:
    """Who can write it is root."""
    verdict = judge(Path("/usr/local/sbin/ideolab-fw-ip"), found)

    assert (verdict.check, verdict.state, verdict.text) == ("helper ideolab-fw-ip", state, text)


@pytest.mark.parametrize(
    ("found", "complaint", "state"),
    [
        (FileOwner(0, 0o440), "", "ok"),
        (FileOwner(0, 0o440), "syntax error near line 3", "wrong"),
        (FileOwner(33, 0o440), "", "wrong"),
        (FileOwner(0, 0o460), "", "wrong"),
    ],
)
def test_the_rule_of_sudo(found: FileOwner, complaint: str, state: str) -> None:
    """Root's, and read by sudo."""
    verdict = judge_rule(found, complaint)

    assert (verdict.check, verdict.state, bool(verdict.mend)) == ("sudo rule", state, state == "wrong")
