"""Our block in a file of the admin's: put once, renewed, and taken out to the byte."""

from __future__ import annotations

import os

import pytest

from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import block
from ideolab_f2b.install.steps.block import Block, edited_block
from tests.install.conftest import again

OURS = Block("/jail.local", "[a]\nenabled = true\n")
NEWER = Block("/jail.local", "[a]\nenabled = true\nbackend = polling\n")


def test_a_missing_file_becomes_the_block_and_goes_again(site: Site) -> None:
    """A file that we made for it is not left empty."""
    entry = OURS.entry(site)
    assert OURS.verb(site) == "created"

    OURS.put(site)
    assert site.at("/jail.local").read_text() == (
        "# >>> ideolab-f2b\n[a]\nenabled = true\n# <<< ideolab-f2b\n"
    )
    block.remove(entry, site)

    assert os.listdir(site.root) == []


@pytest.mark.parametrize(
    "theirs", [b"[b]\nbantime = 1h\n", b"[b]\nbantime = 1h", b"[b]\n\n\n", b"\xff\n", b"\n"]
)
def test_the_admins_text_comes_back_to_the_byte(site: Site, theirs: bytes) -> None:
    """Also without a last line feed, with many, and in no encoding at all."""
    site.at("/jail.local").write_bytes(theirs)
    entry = OURS.entry(site)

    OURS.put(site)
    assert site.at("/jail.local").read_bytes().endswith(OURS.marked)
    block.remove(entry, site)

    assert site.at("/jail.local").read_bytes() == theirs


def test_a_new_block_takes_the_place_of_the_old_one(site: Site) -> None:
    """What stands before and after it stays."""
    site.at("/jail.local").write_bytes(b"[b]\n" + OURS.marked + b"[c]\n")
    later = again(site, OURS.entry(site))

    assert NEWER.verb(later) == "changed"
    NEWER.put(later)

    assert site.at("/jail.local").read_bytes() == b"[b]\n" + NEWER.marked + b"[c]\n"


def test_a_block_that_the_admin_added_to_is_kept(site: Site) -> None:
    """The README tells them to write their bantime there."""
    entry = OURS.entry(site)
    OURS.put(site)
    text = site.at("/jail.local").read_text().replace("enabled = true", "enabled = true\nbantime = 1d")
    site.at("/jail.local").write_text(text)
    later = again(site, entry)

    assert edited_block(later, "/jail.local") == text.encode()
    assert NEWER.verb(later) == "kept"
    assert NEWER.note(later) == "our block, changed by you; delete it and install again to get ours"
    assert NEWER.entry(later) == entry


def test_what_the_admin_wrote_meanwhile_stays(site: Site) -> None:
    """Only the block goes."""
    entry = OURS.entry(site)
    OURS.put(site)
    with open(site.at("/jail.local"), "a") as file:
        file.write("\n[c]\nenabled = true\n")

    block.remove(entry, site)

    assert site.at("/jail.local").read_text() == "\n[c]\nenabled = true\n"


def test_undo_brings_back_what_stood_there(site: Site) -> None:
    """With its mode."""
    site.at("/jail.local").write_text("[b]\n")
    site.at("/jail.local").chmod(0o600)

    OURS.put(site)()

    assert site.at("/jail.local").read_text() == "[b]\n"
    assert site.at("/jail.local").stat().st_mode & 0o777 == 0o600


def test_a_file_that_every_user_can_write_is_named(site: Site) -> None:
    """An older version left it so; the mode is the admin's to change."""
    site.at("/jail.local").write_text("[b]\n")
    site.at("/jail.local").chmod(0o646)

    assert OURS.note(site) == "our block; every user can write it: chmod o-w it"
    OURS.put(site)

    assert site.at("/jail.local").stat().st_mode & 0o777 == 0o646


def test_a_block_without_its_last_line(site: Site) -> None:
    """Somebody has deleted it: what follows is not ours to take out, nor what is between it and a new one."""
    theirs = b"# >>> ideolab-f2b\n[sshd]\nenabled = true\n"
    site.at("/jail.local").write_bytes(theirs)
    entry = OURS.entry(site)

    OURS.put(site)
    again(site, entry)
    block.remove(entry, site)

    assert site.at("/jail.local").read_bytes() == theirs
