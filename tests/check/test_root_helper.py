"""What `check` says of the helper, of the list of the never-banned and of sudo's rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.check import root_helper
from ideolab_f2b.check.root_helper import FileOwner, find_rules, find_wide_rule, judge, judge_rule
from ideolab_f2b.config import Settings
from ideolab_f2b.places import HELPER


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


@pytest.mark.parametrize(
    ("command", "is_wide"),
    [
        (f'{HELPER} ""', False),
        (f"{HELPER} --all-ideolab-jails", False),
        (f"{HELPER} --socket /run/x.sock", False),
        (f"{HELPER} --socket /run/x.sock --all-ideolab-jails", False),
        (f'{HELPER} "", /usr/bin/id', False),
        (HELPER, True),
        (f"{HELPER} *", True),
        (f"{HELPER} \\\n    ban *", True),
        (f"{HELPER} --socket *", True),
        (f"{HELPER} ^.*$", True),
        (f'{HELPER} "", {HELPER} unban *', True),
        (f"/usr/bin/id # {HELPER} *", False),
        ("/usr/local/sbin/ideolab-f?-*", True),
        ("/usr/local/sbin/*", False),
        ("/usr/local/sbin/ideolab-x*, /usr/bin/id *", False),
    ],
)
def test_a_rule_that_lets_its_user_choose_the_arguments(command: str, is_wide: bool) -> None:
    """sudo takes a command without arguments, and a `*`, for any arguments."""
    text = f"# {HELPER} *\nDefaults!{HELPER} env_reset\nwww-data ALL = (root) NOPASSWD: {command}\n"

    assert bool(find_wide_rule(text)) is is_wide


def test_the_rule_of_the_pack_is_no_wide_one() -> None:
    """As it is placed."""
    rule = Path(__file__).resolve().parents[2] / "deploy" / "sudoers.d" / "ideolab-fw-ip"

    assert find_wide_rule(rule.read_text()) == ""


def test_all_files_that_sudo_reads(tmp_path: Path) -> None:
    """The rule of docs/firewall.md for the jails of the pack has a file of its own, and its name is free."""
    rule = "www-data ALL = (root) NOPASSWD: "
    directory = tmp_path / "sudoers.d"
    directory.mkdir()
    (directory / "subdirectory").mkdir()
    for name, text in (
        ("ideolab-fw-ip-jails", f"{rule}{HELPER} --all-ideolab-jails\n"),
        ("local", f"{rule}{HELPER} *\n"),
        ("wild", f"{rule}/usr/local/sbin/ideolab-*\n"),
        ("other", f"{rule}/usr/bin/id\n"),
        ("local~", f"{rule}{HELPER} *\n"),
        ("local.bak", f"{rule}{HELPER} *\n"),
    ):
        (directory / name).write_text(text)
    (tmp_path / "sudoers.txt").write_text(f"{rule}{HELPER}\n")

    found = find_rules([tmp_path / "sudoers.txt", directory, tmp_path / "none"])

    assert [(path.name, bool(find_wide_rule(text))) for path, text in found] == [
        ("sudoers.txt", True),
        ("ideolab-fw-ip-jails", False),
        ("local", True),
        ("wild", True),
    ]


def test_a_wide_rule_in_a_file_of_the_admin_s() -> None:
    """The way out is not to remove it."""
    verdict = judge_rule(FileOwner(0, 0o440), "x *: the rule must name all arguments", "/etc/sudoers.d/local")

    assert (verdict.state, verdict.mend) == ("wrong", "visudo -f /etc/sudoers.d/local")
    assert verdict.text == "/etc/sudoers.d/local: x *: the rule must name all arguments"


def test_a_rule_that_nobody_can_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without visudo nothing is known of the file."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "sudoers").write_text(f'www-data ALL=(root) NOPASSWD: {HELPER} ""\n')
    monkeypatch.setattr(root_helper, "SUDOERS_FILES", (str(tmp_path / "sudoers"),))

    *_files, verdict = root_helper.helper(Settings())

    assert (verdict.state, verdict.text) == ("unknown", f"{tmp_path}/sudoers: visudo is missing")
