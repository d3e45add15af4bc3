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
    install = f"install -y -q -o Dpkg::Use-Pty=0 --no-install-recommends {wanted(SYSTEMD).rstrip()}"

    done = run(path, "--django", "no-such-user-here")

    assert (path.parent / "apt").read_text().splitlines() == (
        [install, "update -q", install] if stale else [install]
    )
    assert (done.returncode, "no-such-user-here" in done.stderr) == (1, True)
    assert ("apt-get update: the packages could not be installed" in done.stdout) is stale


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


def run_where(setup: str, path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the script in a mount namespace of its own, in which `setup` has hidden something of this host."""
    script = f'{setup}\nexec "$@"'
    program = str(REPOSITORY / "scripts" / "install")
    return subprocess.run(
        ["unshare", "--mount", "--propagation", "private", "sh", "-euc", script, "sh", program, *words],
        capture_output=True, text=True, cwd=path.parent, check=False,
        env={"PATH": f"{path}:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"},
    )  # fmt: skip


NO_APT = 'rm "${PATH%%:*}/apt-get"; mount --bind /dev/null /usr/bin/apt-get'
NO_PYTHON = 'mount --bind /dev/null "$(readlink -f /usr/bin/python3)"'
OLD_PYTHON = """\
printf '#!/bin/sh\necho 3.7 False\n' >old
chmod +x old
mount --bind old "$(readlink -f /usr/bin/python3)"
"""
NO_LISTS = "mount -t tmpfs none /var/lib/apt/lists"


@pytest.mark.root
def test_without_apt_the_packages_are_the_admins(path: Path) -> None:
    """Which is said, with the page that has their names."""
    done = run_where(NO_APT, path, "--django", "no-such-user-here")

    assert done.stdout.startswith(
        "scripts/install: there is no apt here; docs/install.md has the names of the packages for other"
        " distributions. Needed are: fail2ban iproute2 "
    )
    assert (done.returncode, "no-such-user-here" in done.stderr) == (1, True)


@pytest.mark.root
def test_a_host_without_lists_updates_first(path: Path) -> None:
    """As an image of a container is."""
    done = run_where(NO_LISTS, path, "--django", "no-such-user-here")

    assert (path.parent / "apt").read_text().splitlines()[0] == "update -q"
    assert "apt-get update: this host has no lists of packages yet" in done.stdout


@pytest.mark.root
def test_without_python_one_sentence_says_so(path: Path) -> None:
    """A dry run lists the packages, and ends well: fail2ban brings a Python."""
    done = run_where(NO_PYTHON, path, "--no-apt")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "scripts/install: there is no /usr/bin/python3: install the distribution's package python3"
        " (3.9 or newer), then run this again\n"
    )

    done = run_where(NO_PYTHON, path, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    first, second = done.stdout.splitlines()
    assert first == f"created  the apt packages {wanted(SYSTEMD)}"
    assert second.startswith(
        "scripts/install: there is no /usr/bin/python3 yet; fail2ban's package brings it"
    )


@pytest.mark.root
@pytest.mark.parametrize("words", [(), ("--no-apt",), ("--dry-run",), ("--uninstall",)])
def test_an_old_python_is_refused_before_anything_happens(path: Path, words: tuple[str, ...]) -> None:
    """It cannot read the pack: that would be a SyntaxError."""
    done = run_where(OLD_PYTHON, path, *words)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "scripts/install: /usr/bin/python3 is Python 3.7; ideolab-f2b needs 3.9 or newer (Debian 11)\n"
    )
    assert not (path.parent / "apt").exists()


@pytest.mark.root
def test_a_dry_run_of_a_bare_host_says_what_would_come(path: Path) -> None:
    """What cannot be tried yet is said, and the steps are listed all the same."""
    hidden = "".join(
        f'[ ! -e {place}/{name} ] || mount --bind /dev/null "$(readlink -f {place}/{name})"\n'
        for name in ("fail2ban-client", "iptables")
        for place in ("/usr/bin", "/usr/sbin")
    )
    done = run_where(hidden, path, "--dry-run")

    assert (done.returncode, done.stderr) == (0, "")
    assert (
        "not installed yet: fail2ban; apt-get install fail2ban. The configuration"
        " cannot be tried without them; an install tries it first"
    ) in done.stdout
    assert "created  /etc/fail2ban/jail.d/ideolab.conf" in done.stdout


def test_uninstall_and_staging_do_not_ask_apt(path: Path, tmp_path: Path) -> None:
    """A relative directory is the caller's, wherever the checkout is."""
    assert run(path, "--root", "staging").returncode == 0
    assert (tmp_path / "staging/etc/fail2ban/jail.local").exists()
    assert run(path, "--uninstall", "--root", "staging").returncode == 0

    assert os.listdir(tmp_path / "staging") == []
    assert not (path.parent / "apt").exists()
