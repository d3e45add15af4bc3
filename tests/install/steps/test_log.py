"""A log: made when it is missing; its lines are never touched."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import log
from ideolab_f2b.install.steps.log import Log
from tests.install.conftest import again


def test_a_log_is_made_and_its_lines_are_never_touched(site: Site) -> None:
    """At the next install it is kept as it is."""
    step = Log("/connmon.log", "root", "adm")
    entry = step.entry(site)
    step.put(site)
    site.at("/connmon.log").write_text("a line\n")

    assert step.verb(again(site, entry)) == "kept"
    assert step.entry(again(site, entry)) == entry
    assert stat.S_IMODE(site.at("/connmon.log").stat().st_mode) == 0o640
    assert site.at("/connmon.log").read_text() == "a line\n"
    log.remove(entry, site)
    assert os.listdir(site.root) == []


def test_a_log_that_was_there_stays(site: Site) -> None:
    """With its lines; undo does not take it away either."""
    site.at("/connmon.log").write_text("an old line\n")
    step = Log("/connmon.log", "root", "adm")
    entry = step.entry(site)

    step.put(site)()
    log.remove(entry, site)

    assert site.at("/connmon.log").read_text() == "an old line\n"


def test_a_link_in_the_place_of_a_log_is_refused(site: Site, tmp_path: Path) -> None:
    """The user who owns the directory could otherwise make root change the owner of any file."""
    target = tmp_path / "shadow"
    target.write_text("secret")
    site.at("/connmon.log").symlink_to(target)

    with pytest.raises(OSError, match="symbolic link"):
        Log("/connmon.log", "root", "adm").put(site)

    assert target.read_text() == "secret"
