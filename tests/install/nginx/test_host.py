"""The nginx of a host: asked with -V and -T, tested, reloaded; with an nginx that only plays one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b.install.errors import CommandError, InstallError
from ideolab_f2b.install.nginx import host
from ideolab_f2b.install.nginx.files import OLDEST
from ideolab_f2b.install.site import Site

CONFIGURATION = """\
# configuration file /etc/nginx/nginx.conf:
http {
    include /etc/nginx/conf.d/*.conf;
    access_log /var/log/nginx/access.log;
}
"""
USING = CONFIGURATION.replace("access.log;", "access.log ideolab;")


def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dump: str = "", test: str = "exit 0") -> None:
    """Put an nginx into the PATH; `dump` is its configuration, "" one that it refuses."""
    (tmp_path / "dump").write_text(dump)
    (tmp_path / "nginx").write_text(
        "#!/bin/sh\n"
        f'case "$1" in\n'
        '-V) echo "nginx version: nginx/1.22.1" >&2 ;;\n'
        f"-T) cat {tmp_path}/dump; [ -s {tmp_path}/dump ] || {{ echo 'emerg: nonsense' >&2; exit 1; }} ;;\n"
        f"-t) {test} ;;\n"
        f"-s) [ -e {tmp_path}/running ] ;;\n"
        "esac\n"
    )
    (tmp_path / "nginx").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(os, "geteuid", lambda: 0)


@pytest.fixture
def no_nginx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def test_a_staging_directory_gets_the_oldest_files(site: Site, no_nginx: None) -> None:
    """What this host has is nothing that counts there."""
    assert host.find(site, is_asked=True) is OLDEST


def test_version_and_configuration_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As nginx prints them."""
    play(tmp_path, monkeypatch, CONFIGURATION)

    found = host.find(Site(), is_asked=True)

    assert found.version == (1, 22, 1)
    assert [one.text for one in found.at("http")] == [
        "include /etc/nginx/conf.d/*.conf;",
        "access_log /var/log/nginx/access.log;",
    ]


def test_without_nginx_it_cannot_be_asked_for(no_nginx: None) -> None:
    """One that was removed since leaves our files as they are."""
    with pytest.raises(InstallError, match="--nginx: nginx is not installed; apt-get install nginx"):
        host.find(Site(), is_asked=True)
    assert host.find(Site(), is_asked=False) is OLDEST
    assert host.refusal() == ""
    host.test()


def test_a_configuration_that_fails_without_us(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says whose fault it is; uninstall is not refused for it."""
    play(tmp_path, monkeypatch)

    with pytest.raises(InstallError, match="fails, also without this pack: emerg: nonsense"):
        host.find(Site(), is_asked=True)
    assert host.refusal() == ""


def test_files_that_would_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is placed; the missing line is named."""
    play(tmp_path, monkeypatch, CONFIGURATION.replace("include", "#"))

    with pytest.raises(InstallError, match=r"add the line `include /etc/nginx/conf\.d/\*\.conf;` to http"):
        host.find(Site(), is_asked=True)


def test_uninstall_is_refused_where_our_files_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the lines that the admin has to delete."""
    play(tmp_path, monkeypatch, USING)

    assert host.refusal() == (
        "nginx would not start any more; first delete these lines: "
        "/etc/nginx/nginx.conf: access_log /var/log/nginx/access.log ideolab;"
    )


def test_reload(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nginx that does not run is no error."""
    play(tmp_path, monkeypatch, CONFIGURATION)

    assert host.reload() == "nginx does not run: it will start with these files"
    (tmp_path / "running").touch()
    assert (host.reload(), host.reload_without_ours()) == ("nginx reloaded", "nginx reloaded")


def test_a_nginx_that_would_not_start_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not reloaded, and its own words are told."""
    play(tmp_path, monkeypatch, CONFIGURATION, "echo 'emerg: bad' >&2; exit 1")

    with pytest.raises(CommandError, match="nginx -t: emerg: bad"):
        host.test()
    with pytest.raises(InstallError, match=r"still runs, but would not start any more: nginx -t: emerg: bad"):
        host.reload_without_ours()
