"""Whether systemd runs, and the command that restarts a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import places


def test_systemd_is_found_as_sd_booted_does(tmp_path: Path) -> None:
    """By its directory in /run."""
    assert places.runs_systemd(tmp_path) is True
    assert places.runs_systemd(tmp_path / "none") is False


@pytest.mark.parametrize(
    ("has_systemd", "command"),
    [
        (True, "systemctl restart fail2ban ideolab-netns"),
        (False, "/etc/init.d/fail2ban restart; /etc/init.d/ideolab-netns restart"),
    ],
)
def test_the_command_is_one_that_this_host_has(
    has_systemd: bool, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader can paste it."""
    monkeypatch.setattr(places, "runs_systemd", lambda: has_systemd)

    assert places.restart("fail2ban", "ideolab-netns") == command


def test_no_jail_is_in_two_tables() -> None:
    """Each is enabled by one option."""
    tables = (places.JAILS, places.NGINX_JAILS, places.DJANGO_JAILS)

    assert len(places.ALL_JAILS) == sum(map(len, tables))


@pytest.mark.parametrize(
    ("path", "complete"),
    [
        ("/usr/bin:/bin", "/usr/bin:/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/sbin"),
        ("", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        (":/opt/x:", "/opt/x:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    ],
)
def test_a_path_gets_what_an_administrator_needs(path: str, complete: str) -> None:
    """Behind the caller's own; the current directory is none."""
    assert places.complete_path(path) == complete


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "apt-get install fail2ban python3-pyinotify"),
        ("dnf", "dnf install fail2ban python3-inotify"),
        ("zypper", "zypper install fail2ban python3-pyinotify"),
        ("apk", "apk add fail2ban py3-inotify"),
        ("pacman", "pacman -S fail2ban python-pyinotify"),
        ("", "install fail2ban python3-pyinotify (names of Debian's packages)"),
    ],
)
def test_packages_have_the_names_of_the_host(
    monkeypatch: pytest.MonkeyPatch, manager: str, command: str
) -> None:
    """What is to be typed is what works there."""
    monkeypatch.setattr("shutil.which", lambda name, path: name if name == manager else None)

    assert places.install_command("fail2ban", "python3-pyinotify") == command


def test_the_documentation_has_the_same_names() -> None:
    """The table of docs/install.md."""
    text = (Path(__file__).resolve().parents[1] / "docs/install.md").read_text()
    rows = [
        [cell.split(" ")[0] for cell in line.strip("| ").split(" | ")]
        for line in text.split("| Debian | dnf | zypper | apk | pacman |")[1]
        .split("\n\n")[0]
        .splitlines()[2:]
    ]

    assert len(rows) > 5
    for package, *names in rows:
        known = places.PACKAGE_NAMES.get(package, {})
        found = dict(zip(("dnf", "zypper", "apk", "pacman"), names))
        assert {manager: known.get(manager, package) for manager in found if found[manager] != "none"} == {
            manager: name for manager, name in found.items() if name != "none"
        }


def test_the_commands_in_a_container_of_the_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its image says what starts it; compose.yaml calls the services without our prefix."""
    monkeypatch.setenv(places.COMPOSE, "docker compose")

    assert places.restart("ideolab-connmon") == "docker compose restart connmon"
    assert places.restart("fail2ban", "ideolab-netns") == "docker compose restart fail2ban netns"
    assert places.show_log("ideolab-intake") == "docker compose logs intake"
    assert places.reinstall() == "docker compose up -d --build"
    assert places.bring_opener() == "docker compose up -d netns"
    assert places.list_containers() == "docker compose exec netns ideolab-f2b netns --list"


def test_the_commands_on_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the statement of an image makes a container of it."""
    monkeypatch.delenv(places.COMPOSE, raising=False)

    assert places.show_log("ideolab-connmon") == "journalctl -u ideolab-connmon"
    assert places.show_log("fail2ban") == "see /var/log/fail2ban.log"
    assert places.reinstall() == "ideolab-f2b install"
    assert places.bring_opener() == "ideolab-f2b install --containers"
    assert places.list_containers() == "sudo ideolab-f2b netns --list"
