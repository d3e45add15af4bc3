"""One file: whose it is decides what happens to it."""

from __future__ import annotations

import os
import stat

from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import file
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.manifest import Saved, digest_of
from tests.install.conftest import again

FILTER = File("/filter.conf", b"ours\n")


def test_a_missing_file_is_created_with_its_mode(site: Site) -> None:
    """And once it is there it is kept."""
    program = File("/program", b"#!/bin/sh\n", 0o755)

    assert program.verb(site) == "created"
    program.put(site)

    found = site.at("/program")
    assert (found.read_bytes(), stat.S_IMODE(found.stat().st_mode)) == (b"#!/bin/sh\n", 0o755)
    assert program.verb(site) == "kept"


def test_a_file_that_was_there_first_comes_back(site: Site) -> None:
    """Content and mode, by uninstall as by undo."""
    site.at("/filter.conf").write_bytes(b"theirs\n")
    site.at("/filter.conf").chmod(0o600)
    entry = FILTER.entry(site)
    assert entry is not None
    assert FILTER.verb(site) == "changed"

    undo = FILTER.put(site)
    assert site.at("/filter.conf").read_bytes() == b"ours\n"
    file.remove(entry, site)

    assert entry.before == Saved(0o600, os.getuid(), os.getgid(), b"theirs\n")
    assert site.at("/filter.conf").read_bytes() == b"theirs\n"
    assert stat.S_IMODE(site.at("/filter.conf").stat().st_mode) == 0o600
    undo()
    assert site.at("/filter.conf").read_bytes() == b"theirs\n"


def test_undo_of_a_created_file_leaves_nothing(site: Site) -> None:
    """Not even an empty one."""
    FILTER.put(site)()

    assert os.listdir(site.root) == []


def test_a_new_version_replaces_what_nobody_changed(site: Site) -> None:
    """What stood there before the first install is still what comes back at the end."""
    first = FILTER.entry(site)
    FILTER.put(site)
    second = File("/filter.conf", b"newer\n")
    later = again(site, first)

    entry = second.entry(later)
    assert second.verb(later) == "changed"
    assert entry is not None
    assert (entry.digest, entry.before) == (digest_of(b"newer\n"), None)


def test_configuration_that_the_admin_changed_is_kept(site: Site) -> None:
    """It stays as recorded, and the line says why."""
    setting = File("/etc/x.conf", b"a = 1\n")
    site.at("/etc").mkdir()
    first = setting.entry(site)
    setting.put(site)
    site.at("/etc/x.conf").write_bytes(b"a = 2\n")
    later, newer = again(site, first), File("/etc/x.conf", b"a = 3\n")

    assert newer.verb(later) == "kept"
    assert newer.note(later) == "changed by you; the pack's own is in /usr/local/lib/ideolab-f2b"
    assert newer.entry(later) == first


def test_code_that_was_changed_is_put_right(site: Site) -> None:
    """An action of fail2ban lies in /etc and is code all the same."""
    shim = File("/etc/action.py", b"pass\n")
    site.at("/etc").mkdir()
    first = shim.entry(site)
    shim.put(site)
    site.at("/etc/action.py").write_bytes(b"raise\n")

    assert shim.verb(again(site, first)) == "changed"


def test_settings_that_were_there_first_are_the_admins(site: Site) -> None:
    """They are not recorded, so that uninstall leaves them."""
    setting = File("/etc/f2b.conf", b"#port = 443\n", is_setting=True)
    site.at("/etc").mkdir()
    site.at("/etc/f2b.conf").write_bytes(b"[connmon]\nport = 8443\n")

    assert setting.verb(site) == "kept"
    assert setting.entry(site) is None


def test_a_file_left_by_an_install_that_was_killed_is_ours(site: Site) -> None:
    """Nothing comes back in its place: what stands there is what we wrote."""
    FILTER.put(site)

    entry = FILTER.entry(site)

    assert entry is not None
    assert entry.before is None


def test_what_python_compiled_goes_with_the_action(site: Site) -> None:
    """fail2ban-server leaves a directory __pycache__ beside it."""
    shim = File("/action.py", b"pass\n")
    entry = shim.entry(site)
    assert entry is not None
    shim.put(site)
    site.at("/__pycache__").mkdir()
    site.at("/__pycache__/action.cpython-311.pyc").touch()

    file.remove(entry, site)

    assert os.listdir(site.root) == []


def test_a_removed_init_script_leaves_no_links(site: Site) -> None:
    """`systemctl enable` makes them where there is a script of the unit's name; those of others stay."""
    script = File("/etc/init.d/ideolab-connmon", b"#!/bin/sh\n", 0o755)
    site.at("/etc/init.d").mkdir(parents=True)
    entry = script.entry(site)
    assert entry is not None
    script.put(site)
    for name in ("S01ideolab-connmon", "K01ideolab-connmon", "S01other", "S01ideolab-connmon-x"):
        link = site.at("/etc/rc2.d") / name
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(f"../init.d/{name[3:]}")

    file.remove(entry, site)

    assert sorted(os.listdir(site.at("/etc/rc2.d"))) == ["S01ideolab-connmon-x", "S01other"]
