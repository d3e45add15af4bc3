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


def test_a_log_with_another_mode_is_mended(site: Site) -> None:
    """The web user could not write it any more, or everybody could."""
    step = Log("/manual.log", "root", "adm", 0o660)
    step.put(site)
    site.at("/manual.log").chmod(0o640)

    assert step.verb(site) == "changed"
    step.put(site)
    assert stat.S_IMODE(site.at("/manual.log").stat().st_mode) == 0o660
    assert step.verb(site) == "kept"


def test_what_logrotate_has_kept_is_read_too(site: Site, tmp_path: Path) -> None:
    """The first import of a site reads it; nothing else of the directory changes."""
    step = Log("/events.jsonl", "root", "adm", has_readers=True)
    step.put(site)
    kept = [site.at(f"/events.jsonl{end}") for end in (".1", ".2.gz", "-20261130.gz")]
    for path in (*kept, site.at("/events.jsonl.bak")):
        path.touch(0o600)

    assert step.verb(site) == "changed"
    step.put(site)
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o640] * 3
    assert site.at("/events.jsonl.bak").stat().st_mode & 0o777 == 0o600
    assert (step.verb(site), Log("/events.jsonl", "root", "adm", 0o600).verb(site)) == ("kept", "changed")

    site.at("/events.jsonl.3").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="symbolic link"):
        step.put(site)


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


def test_a_pipe_or_a_second_name_in_the_place_of_a_log_is_refused(site: Site, tmp_path: Path) -> None:
    """A pipe would be waited for; the owner of a file with two names would change under both."""
    other = tmp_path / "shadow"
    other.write_text("secret")
    os.link(other, site.at("/manual.log"))
    os.mkfifo(site.at("/connmon.log"))

    assert Log("/connmon.log", "root", "adm").verb(site) == "changed"
    for path in ("/manual.log", "/connmon.log"):
        with pytest.raises(OSError, match=path):
            Log(path, "root", "adm").put(site)

    assert stat.S_IMODE(other.stat().st_mode) != 0o640
