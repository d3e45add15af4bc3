"""A directory: of others, or all ours."""

from __future__ import annotations

import os
import stat

from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import directory
from ideolab_f2b.install.steps.directory import Directory


def test_a_directory_goes_when_it_is_empty(site: Site) -> None:
    """And stays, with what others put into it, when it is not."""
    entry = Directory("/etc").entry(site)
    Directory("/etc").put(site)
    site.at("/etc/theirs").touch()

    directory.remove(entry, site)
    assert site.at("/etc").is_dir()
    site.at("/etc/theirs").unlink()
    directory.remove(entry, site)

    assert os.listdir(site.root) == []


def test_a_directory_that_was_there_keeps_its_mode_and_stays(site: Site) -> None:
    """It belongs to others."""
    site.at("/etc").mkdir(mode=0o700)
    entry = Directory("/etc").entry(site)

    assert Directory("/etc").verb(site) == "kept"
    directory.remove(entry, site)

    assert stat.S_IMODE(site.at("/etc").stat().st_mode) == 0o700


def test_a_directory_of_ours_goes_with_all_that_is_in_it(site: Site) -> None:
    """Rotated logs and caches among them."""
    step = Directory("/log", "root", "root", is_ours=True)
    entry = step.entry(site)
    step.put(site)
    site.at("/log/connmon.log.1.gz").touch()

    directory.remove_whole(entry, site)

    assert os.listdir(site.root) == []


def test_a_directory_of_ours_that_was_there_gets_its_mode_back(site: Site) -> None:
    """Its contents were there before as well."""
    site.at("/log").mkdir(mode=0o700)
    site.at("/log/old.log").touch()
    step = Directory("/log", "root", "root", is_ours=True)
    entry = step.entry(site)
    assert step.verb(site) == "changed"

    step.put(site)
    assert stat.S_IMODE(site.at("/log").stat().st_mode) == 0o755
    directory.remove_whole(entry, site)

    assert stat.S_IMODE(site.at("/log").stat().st_mode) == 0o700
    assert site.at("/log/old.log").exists()
