"""A symbolic link: made once, and whoever stood there first comes back."""

from __future__ import annotations

import os

from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import link
from ideolab_f2b.install.steps.link import Link

LINK = Link("/x.prom", "/var/lib/x.prom")


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
