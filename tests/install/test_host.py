"""The facts about a host, and what is assumed of a staging directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b import fail2ban_client
from ideolab_f2b.install import host
from ideolab_f2b.install.host import Host, probe
from ideolab_f2b.install.site import Site

COLLECTOR = "/var/lib/prometheus/node-exporter"


def test_a_staging_directory_has_what_is_usual(site: Site) -> None:
    """Only its directories are looked at; systemd is installed there and does not run."""
    assert probe(site) == Host(runs_systemd=False)
    site.at(COLLECTOR).mkdir(parents=True)

    assert (probe(site).collectors, probe(site).linked) == ((COLLECTOR,), ())


def test_a_collector_that_is_reached_by_a_link(site: Site) -> None:
    """A relative link in it would lead elsewhere."""
    site.at("/srv/node-exporter").mkdir(parents=True)
    site.at("/var/lib").mkdir(parents=True)
    site.at("/var/lib/prometheus").symlink_to("../../srv")

    assert (probe(site).collectors, probe(site).linked) == ((COLLECTOR,), (COLLECTOR,))


@pytest.mark.parametrize("has_it", [True, False])
def test_this_host_is_asked_in_fail2bans_python(
    has_it: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What that one cannot import, fail2ban cannot use."""
    python = tmp_path / "python3"
    python.write_text(f"#!/bin/sh\nexit {0 if has_it else 1}\n")
    python.chmod(0o755)
    monkeypatch.setattr(fail2ban_client, "python", lambda: str(python))

    found = probe(Site())

    assert (found.has_pyinotify, found.has_journal) == (has_it, has_it)


def test_a_python_that_is_missing_has_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which is no error."""
    monkeypatch.setattr(fail2ban_client, "python", lambda: "/no/python")

    assert host._runs("pass") is False


@pytest.mark.parametrize(
    ("is_image", "boots_systemd", "has_journal"),
    [(True, True, True), (True, False, False), (False, True, False)],
)
def test_the_journal_of_an_image_is_there_after_its_boot(
    is_image: bool, boots_systemd: bool, has_journal: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where systemd will boot it, and fail2ban's Python can read a journal."""
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\ncase "$*" in *Reader*) exit 1 ;; esac\n')
    python.chmod(0o755)
    monkeypatch.setattr(fail2ban_client, "python", lambda: str(python))
    monkeypatch.setattr(host, "_boots_systemd", lambda: boots_systemd)

    found = probe(Site(), is_image=is_image)

    assert (found.has_journal, found.is_image) == (has_journal, is_image)
