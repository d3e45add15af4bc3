"""capacity: the file that tells connmon how many connections nginx can hold."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_f2b.connmon.pressure import workers
from ideolab_f2b.connmon.pressure.workers import Workers
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.nginx import capacity, host
from ideolab_f2b.install.site import Site


def test_the_file_says_what_nginx_says(tmp_path: Path) -> None:
    """With the time of nginx.conf, so that connmon notices a later change."""
    config = tmp_path / "nginx.conf"
    config.touch()
    os.utime(config, (1000.9, 1000.9))
    dump = f"# configuration file {config}:\nworker_processes auto;\nevents {{ worker_connections 768; }}\n"

    (file,) = capacity.make(dump, 4)

    assert (file.path, file.mode) == ("/etc/ideolab/nginx-capacity", 0o644)
    assert workers.parse_record(file.content.decode()) == Workers(4, 768, str(config), 1000)
    assert capacity.make("", 4) == []


def test_a_staging_directory_has_none(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The nginx of this host is not that of the other one."""
    monkeypatch.setattr(host, "is_there", lambda: True)

    assert capacity.find(site) == []


def test_an_nginx_that_fails_stops_no_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """connmon works without the number."""

    def fail() -> str:
        raise InstallError("nginx's own configuration fails")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(host, "is_there", lambda: True)
    monkeypatch.setattr(host, "dump", fail)

    assert capacity.find(Site()) == []
