"""The throw-away fail2ban-server: it starts, is asked, and leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ideolab_f2b.install.errors import TrialError
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.trial.server import TrialServer, can_be_private, copy_configuration

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
    assert can_be_private()
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
