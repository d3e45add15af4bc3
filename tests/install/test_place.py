"""Looking at a plan, putting it, taking it back."""

from __future__ import annotations

import os

import pytest

from ideolab_f2b.install.place import Transaction, obsolete, preview, remove
from ideolab_f2b.install.site import Site, Step, Undo
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.manifest import Entry
from tests.install.conftest import again

STEPS: list[Step] = [File("/etc/a/one.conf", b"1\n"), File("/etc/a/two.conf", b"2\n")]


class Failing(File):
    """A step that cannot be put."""

    def put(self, site: Site) -> Undo:
        raise OSError(28, "No space left on device")


def test_a_look_changes_nothing_and_names_the_directories(site: Site) -> None:
    """Those that are missing come with the first step that needs them."""
    assert list(map(str, preview(STEPS, site))) == [
        "created  /etc",
        "created  /etc/a",
        "created  /etc/a/one.conf",
        "created  /etc/a/two.conf",
    ]
    assert os.listdir(site.root) == []


def test_what_was_put_is_kept_the_next_time(site: Site) -> None:
    """One line for each step, both times."""
    said: list[str] = []
    first = preview(STEPS, site)
    Transaction(site, said.append).put(first)
    later = again(site, *(found.entry for found in first))

    second = preview(STEPS, later)
    Transaction(later, said.append).put(second)

    assert [line.split()[0] for line in said] == ["created"] * 4 + ["kept"] * 4
    assert [found.entry for found in second] == [found.entry for found in first]


def test_an_error_half_way_can_be_taken_back(site: Site) -> None:
    """To the last directory."""
    transaction = Transaction(site, print)

    with pytest.raises(OSError, match="No space left"):
        transaction.put(preview([*STEPS, Failing("/etc/a/three.conf", b"3\n")], site))
    transaction.undo()

    assert os.listdir(site.root) == []


def test_what_a_newer_version_has_no_more_is_obsolete(site: Site) -> None:
    """Last put, first out; it goes after the rest works."""
    first = preview(STEPS, site)
    Transaction(site, print).put(first)
    later = again(site, *(found.entry for found in first))
    second = preview(STEPS[:1], later)

    leaving = obsolete(second, later)
    problems = remove(leaving, later, print)

    assert [entry.path for entry in leaving] == ["/etc/a/two.conf"]
    assert (problems, os.listdir(site.at("/etc/a"))) == ([], ["one.conf"])


def test_one_thing_that_cannot_be_removed_does_not_keep_the_others(site: Site) -> None:
    """It is named instead."""
    first = preview(STEPS, site)
    Transaction(site, print).put(first)
    stuck = Entry("file", "/etc/a/one.conf/below")

    problems = remove([stuck, Entry("file", "/etc/a/two.conf")], site, print)

    assert problems == [f"/etc/a/one.conf/below: [Errno 20] Not a directory: '{site.at(stuck.path)}'"]
    assert os.listdir(site.at("/etc/a")) == ["one.conf"]
