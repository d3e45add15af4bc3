"""`install --sudo-for USER`: who gets the rule, and that none comes by itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import cli
from ideolab_f2b.install import sudoers
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File

RULE = "etc/sudoers.d/ideolab-fw-ip"


def install(root: Path, *words: str) -> int:
    (root / "etc" / "fail2ban").mkdir(parents=True, exist_ok=True)
    return cli.main(["install", "--root", str(root), *words])


def test_no_rule_without_being_asked(tmp_path: Path) -> None:
    """The helper is there for root; nobody else may run it as root."""
    assert install(tmp_path) == 0

    assert (tmp_path / "usr/local/sbin/ideolab-fw-ip").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "etc/ideolab/never-ban").exists()
    assert not (tmp_path / RULE).exists()


def test_the_rule_names_the_user_and_stays(tmp_path: Path) -> None:
    """The next install keeps it without being told again; uninstall takes it out."""
    assert install(tmp_path, "--sudo-for", "site") == 0
    text = (tmp_path / RULE).read_text()
    assert "\nsite ALL = (root) NOPASSWD: NOSETENV: IDEOLAB_FW_IP\n" in text
    assert "www-data ALL" not in text
    assert (tmp_path / RULE).stat().st_mode & 0o777 == 0o440

    assert install(tmp_path) == 0
    assert (tmp_path / RULE).read_text() == text

    assert cli.main(["uninstall", "--root", str(tmp_path)]) == 0
    assert not (tmp_path / RULE).exists()
    assert not (tmp_path / "usr/local/sbin/ideolab-fw-ip").exists()


@pytest.mark.parametrize("name", ["", "%sudo", "ALL", "a b", "x\nALL ALL=(ALL) NOPASSWD: ALL", "#0", "-u"])
def test_only_a_name_of_a_user_goes_into_the_rule(site: Site, name: str) -> None:
    """Nothing that sudo reads as something else."""
    with pytest.raises(InstallError, match="this is not the name of a user"):
        sudoers.require_user(site, name)


@pytest.mark.root
def test_a_user_that_is_not_there_gets_none() -> None:
    """On the running system."""
    with pytest.raises(InstallError, match="there is no such user"):
        sudoers.require_user(Site(), "f2bgnobody")


@pytest.mark.root
def test_a_rule_that_sudo_cannot_read_is_never_placed(checkout: Source) -> None:
    """It could lock everybody out of sudo."""
    sudoers.require_valid(sudoers.step(checkout, "www-data"))

    with pytest.raises(InstallError, match="visudo"):
        sudoers.require_valid(File("/etc/sudoers.d/x", b"www-data ALL = (root\n"))
