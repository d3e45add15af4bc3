"""The throw-away fail2ban-server: it starts, is asked, and leaves nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b.install.errors import TrialError
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.trial.configuration import copy_configuration
from ideolab_f2b.install.trial.server import TrialServer, find_obstacle

pytestmark = pytest.mark.root


@pytest.fixture
def directory(etc: Path) -> Iterator[Path]:
    with copy_configuration(etc) as directory:
        yield directory


def test_the_copy_is_gone_afterwards(etc: Path) -> None:
    """With all that a trial has written into it."""
    with copy_configuration(etc) as directory:
        assert (directory / "config" / "jail.d" / "theirs.conf").exists()
        (directory / "log").touch()

    assert not directory.exists()


def test_jails_of_a_server_that_starts(checkout: Source, directory: Path, tmp_path: Path) -> None:
    """Asked through its own socket; its shell actions do nothing."""
    assert find_obstacle() == ""
    with TrialServer(directory, checkout.package.parent) as server:
        assert server.jails() == {"theirs"}
        assert server.errors("ideolab") == []

    assert not (tmp_path / "trace").exists()


def test_a_server_that_does_not_start(checkout: Source, directory: Path) -> None:
    """The error is fail2ban's own, and nothing of the server is left to wait for."""
    (directory / "config" / "jail.local").write_text("[theirs]\nlogpath = /nowhere.log\n")
    server = TrialServer(directory, checkout.package.parent)

    with pytest.raises(TrialError, match="Have not found any log file for theirs jail"), server:
        server.jails()
    assert server._process.poll() is not None


#: /bin/true as a program that is a shell when it is called `sh`, as busybox is
_MULTI_CALL = 'mount --bind "$(realpath /bin/sh)" "$(realpath /bin/true)" && exec "$@"'
_TRIAL = """
import sys
from pathlib import Path
from ideolab_f2b.install.trial.configuration import copy_configuration
from ideolab_f2b.install.trial.server import TrialServer, find_obstacle
assert find_obstacle() == ""
with copy_configuration(Path(sys.argv[1])) as directory, TrialServer(directory, Path(sys.argv[2])) as server:
    print(*server.jails(), *server.errors(""))
"""


def test_where_true_is_a_shell_the_actions_do_nothing_either(
    checkout: Source, etc: Path, tmp_path: Path
) -> None:
    """A dry run once ran the admin's actionstart there."""
    words = ("/bin/sh", "-c", _MULTI_CALL, "sh", sys.executable, "-c", _TRIAL, etc, checkout.package.parent)
    done = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", *map(str, words)],
        capture_output=True, text=True, cwd=checkout.package.parent, timeout=240,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (0, "theirs\n"), done.stderr
    assert not (tmp_path / "trace").exists()
