"""A root directory: where its paths are, who owns them, and what stood there before."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ideolab_f2b.install.site import Site, before, restore
from ideolab_f2b.manifest import Entry, Saved


def test_paths_are_below_the_root(site: Site) -> None:
    """And nowhere else on the running system."""
    assert site.at("/etc/x") == site.root / "etc" / "x"
    assert (Site().at("/etc/x"), Site().is_live, site.is_live) == (Path("/etc/x"), True, False)


def test_owners_are_set_on_the_running_system_only(site: Site) -> None:
    """A user that is not there yet owns nothing; a group adm that is not there is left out."""
    assert site.owner("root", "root") == (-1, -1)
    assert Site().owner("root", "root") == (0, 0)
    assert Site().owner("ideolab-nobody", "ideolab-nobody") == (-2, -2)


def test_what_stood_there_before_the_first_install(site: Site) -> None:
    """An earlier install has recorded it; else it is what stands there now."""
    site.at("/x").write_bytes(b"now\n")
    first = Saved(0o600, 0, 0, content=b"first\n")
    later = Site(site.root, {"/x": Entry("file", "/x", "", first)})

    found = before(site, "/x")

    assert before(later, "/x") == first
    assert found is not None and found.content == b"now\n"
    assert before(site, "/none") is None


def test_a_path_becomes_what_it_was(site: Site) -> None:
    """Nothing, a link, a file with its mode, a directory with its mode."""
    me, path = (os.getuid(), os.getgid()), site.at("/x")
    path.write_bytes(b"ours\n")

    restore(path, Saved(0o777, *me, link="/target"))
    assert os.readlink(path) == "/target"
    restore(path, Saved(0o600, *me, content=b"theirs\n"))
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"theirs\n", 0o600)
    restore(path, None)
    assert not path.exists()
    path.mkdir()
    restore(path, Saved(0o700, *me))
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
