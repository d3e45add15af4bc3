"""scripts/install: packages through apt, and the rest to the verb; with an apt that only takes notes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH whose dpkg-query knows the packages in `installed`, and whose apt-get writes down its words."""
    programs = tmp_path / "bin"
    programs.mkdir()
    scripts = {
        "dpkg-query": 'for last; do :; done; grep -qx "$last" installed && echo "install ok installed"',
        "apt-get": 'echo "$*" >>apt; [ "$1" = update ] && rm -f stale; [ ! -e stale ]',
    }
    for name, text in scripts.items():
        (programs / name).write_text(f"#!/bin/sh\ncd {tmp_path}\n{text}\n")
        (programs / name).chmod(0o755)
    (tmp_path / "installed").write_text("fail2ban\nipset\niptables\niproute2\nlogrotate\n")
    return programs


def run(path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{path}:/usr/bin:/bin", "LANG": "C.UTF-8"}
    program = str(REPOSITORY / "scripts" / "install")
    return subprocess.run([program, *words], capture_output=True, text=True, env=environment, cwd=path.parent)


def wanted(systemd: bool) -> str:
    return "python3-pyinotify python3-prometheus-client " + ("python3-systemd " if systemd else "")


SYSTEMD = Path("/run/systemd/system").is_dir()


def test_a_dry_run_names_the_packages_and_installs_none(path: Path) -> None:
    """Whoever runs it."""
    done = run(path, "--dry-run", "--help")
    assert done.returncode == 0
    done = run(path, "--dry-run")

    assert done.stdout.splitlines()[0] == f"created  the apt packages {wanted(SYSTEMD)}"
    assert not (path.parent / "apt").exists()


@pytest.mark.root
@pytest.mark.parametrize("stale", [False, True])
def test_missing_packages_are_installed(path: Path, stale: bool) -> None:
    """With stale lists once more after an update; the verb that follows is stopped by a user who is none."""
    if stale:
        (path.parent / "stale").touch()
    install = f"install -y -qq --no-install-recommends {wanted(SYSTEMD).rstrip()}"

    done = run(path, "--django", "no-such-user-here")

    assert (path.parent / "apt").read_text().splitlines() == (
        [install, "update -qq", install] if stale else [install]
    )
    assert (done.returncode, "no-such-user-here" in done.stderr) == (1, True)
    assert ("apt-get update comes first" in done.stdout) is stale


def test_a_misspelt_option_installs_no_package(path: Path) -> None:
    """The usage error comes before apt."""
    done = run(path, "--no-such-option")

    assert (done.returncode, "--no-such-option" in done.stderr) == (2, True)
    assert not (path.parent / "apt").exists()


def test_installed_packages_are_left_alone(path: Path) -> None:
    """apt is not even asked."""
    with open(path.parent / "installed", "a") as file:
        file.write("python3-pyinotify\npython3-prometheus-client\npython3-systemd\n")

    done = run(path, "--django", "no-such-user-here")

    assert done.stdout == "kept     the apt packages (all installed)\n"
    assert not (path.parent / "apt").exists()


def test_without_apt_the_packages_are_the_admins(tmp_path: Path) -> None:
    """Which is said."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("dirname", "id", "grep", "dpkg-query"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    done = subprocess.run(
        ["/bin/sh", str(REPOSITORY / "scripts" / "install"), "--django", "no-such-user-here"],
        capture_output=True, text=True, env={"PATH": str(programs)},
    )  # fmt: skip

    assert done.stdout.startswith(
        "scripts/install: there is no apt here: install fail2ban, ipset, iptables and pyinotify yourself"
    )


def test_uninstall_and_staging_do_not_ask_apt(path: Path, tmp_path: Path) -> None:
    """A relative directory is the caller's, wherever the checkout is."""
    assert run(path, "--root", "staging").returncode == 0
    assert (tmp_path / "staging/etc/fail2ban/jail.local").exists()
    assert run(path, "--uninstall", "--root", "staging").returncode == 0

    assert os.listdir(tmp_path / "staging") == []
    assert not (path.parent / "apt").exists()
