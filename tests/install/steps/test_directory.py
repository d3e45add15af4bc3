"""A directory: of others, or all ours."""

from __future__ import annotations

import os
import stat

import pytest

from ideolab_f2b.files import UnsafePathError
from ideolab_f2b.install.errors import InstallError
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


def test_a_directory_behind_a_link_of_roots_is_used(site: Site) -> None:
    """Logs may be on another disk: the link stays, and what it leads to gets its old mode back."""
    site.at("/data").mkdir(mode=0o700)
    site.at("/log").symlink_to("/data")
    step = Directory("/log", "root", "root", is_ours=True)
    entry = step.entry(site)
    assert step.verb(site) == "changed"

    undo = step.put(site)
    assert stat.S_IMODE(site.at("/data").stat().st_mode) == 0o755
    undo()
    assert stat.S_IMODE(site.at("/data").stat().st_mode) == 0o700
    step.put(site)
    directory.remove_whole(entry, site)

    assert os.readlink(site.at("/log")) == "/data"
    assert stat.S_IMODE(site.at("/data").stat().st_mode) == 0o700


def test_a_link_to_nowhere_is_named(site: Site) -> None:
    """Nobody knows whether a disk is missing there."""
    site.at("/log").symlink_to("/mnt/log")

    with pytest.raises(InstallError, match=r"/log is a link to .*/mnt/log, which is missing: make that"):
        Directory("/log").verb(site)


@pytest.mark.root
def test_the_owner_of_a_directory_cannot_lead_root_to_another(site: Site) -> None:
    """The state directory is connmon's user's, and the next install gives the one in it mode and owner."""
    site.at("/state").mkdir()
    site.at("/secret").mkdir(mode=0o700)
    step = Directory("/state/textfile", "root", "root", is_ours=True)
    entry = step.entry(site)
    site.at("/state/textfile").symlink_to("/secret")
    os.chown(site.at("/state"), 65534, -1)

    for act in (step.verb, step.put, step.entry):
        with pytest.raises(UnsafePathError, match=r"others than root can write .*/state"):
            act(site)
    directory.remove_whole(entry, site)

    assert stat.S_IMODE(site.at("/secret").stat().st_mode) == 0o700
