"""Links, directories, logs, the tree, the user: what each does, undoes and takes out."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import directory, link, log, tree
from ideolab_f2b.install.steps.directory import Directory
from ideolab_f2b.install.steps.link import Link
from ideolab_f2b.install.steps.log import Log
from ideolab_f2b.install.steps.tree import Tree
from ideolab_f2b.install.steps.user import User
from ideolab_f2b.manifest import read_tree
from tests.install.conftest import again

LINK = Link("/x.prom", "/var/lib/x.prom")
TREE = Tree("/lib", {"a.py": b"A = 1\n", "sub/b.conf": b"b\n"})


def test_a_link_is_made_once(site: Site) -> None:
    """Also where what it points to does not exist yet."""
    assert LINK.verb(site) == "created"
    LINK.put(site)

    assert os.readlink(site.at("/x.prom")) == "/var/lib/x.prom"
    assert LINK.verb(site) == "kept"


def test_a_file_in_the_place_of_a_link_comes_back(site: Site) -> None:
    """By undo, and by uninstall."""
    site.at("/x.prom").write_text("theirs")
    entry = LINK.entry(site)

    undo = LINK.put(site)
    assert LINK.verb(site) == "kept"
    link.remove(entry, site)
    assert site.at("/x.prom").read_text() == "theirs"

    undo()
    assert site.at("/x.prom").read_text() == "theirs"


def test_a_file_that_took_the_place_of_the_link_stays(site: Site) -> None:
    """It is not ours any more."""
    entry = LINK.entry(site)
    site.at("/x.prom").write_text("somebody's gauges")

    link.remove(entry, site)

    assert site.at("/x.prom").read_text() == "somebody's gauges"


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


def test_a_tree_holds_its_files_compiled(site: Site) -> None:
    """Whoever runs it cannot write there."""
    assert TREE.verb(site) == "created"
    TREE.put(site)

    assert read_tree(site.at("/lib")) == {"a.py": b"A = 1\n", "sub/b.conf": b"b\n"}
    assert len(list(site.at("/lib").glob("__pycache__/a.*.pyc"))) == 1
    assert TREE.verb(site) == "kept"


def test_a_new_tree_takes_the_place_of_the_old_one(site: Site) -> None:
    """A module that is gone is gone; until the commit there is a way back."""
    TREE.put(site)
    newer = Tree("/lib", {"c.py": b"C = 1\n"})
    assert newer.verb(site) == "changed"

    undo = newer.put(site)
    assert read_tree(site.at("/lib")) == {"c.py": b"C = 1\n"}
    undo()
    assert TREE.verb(site) == "kept"

    newer.put(site)
    newer.commit(site)
    assert sorted(os.listdir(site.root)) == ["lib"]


def test_a_tree_is_taken_out_as_a_whole(site: Site) -> None:
    """With what Python compiled."""
    TREE.put(site)

    tree.remove(TREE.entry(site), site)

    assert os.listdir(site.root) == []


def test_users_of_this_machine_are_none_of_a_staging_directorys(site: Site) -> None:
    """Its package, or the first install on it, makes the user there."""
    step = User("ideolab-nobody")

    assert (step.verb(site), step.note(site)) == ("kept", "left to the installed system")
    assert step.entry(site) is None


def test_a_user_that_exists_is_not_ours_to_delete() -> None:
    """Unless an earlier install made it."""
    live, root = Site(), User("root")
    first = User("ideolab-nobody").entry(live)

    assert (root.verb(live), root.entry(live)) == ("kept", None)
    assert first is not None
    assert (first.kind, first.path) == ("user", "ideolab-nobody")
