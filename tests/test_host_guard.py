"""The guard of conftest.py sees what it is meant to see."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from demo.lab.namespace import link_namespaces
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.conftest import closed_directory

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.mark.root
def test_a_set_in_the_wrong_namespace_is_seen() -> None:
    """A session that leaves a set behind, played in a namespace of its own, ends with an error."""
    session = (
        "import pytest, tests.conftest\n"
        "from ideolab_f2b.kernel.ipset.sets import Sets\n"
        "guard = tests.conftest.untouched_host.__wrapped__()\n"
        "next(guard)\n"
        "Sets().create('left_behind', 'inet', 64)\n"
        "next(guard, None)\n"
    )
    with link_namespaces("f2bt-guard") as (server, _client):
        done = subprocess.run(
            server.command(sys.executable, "-c", session), cwd=REPOSITORY, capture_output=True, text=True
        )
        with server.enter():
            sets = Sets()
        assert sets.names() == ["left_behind"]
        sets.close()

    assert done.returncode == 1
    assert "AssertionError" in done.stderr


def test_a_closed_directory_above_the_checkout_is_found() -> None:
    """The outermost one: its mode is what keeps the daemons of the tests out."""
    with tempfile.TemporaryDirectory(prefix="f2bt-closed-") as name:
        checkout = Path(name, "home", "work", "checkout")
        checkout.mkdir(parents=True)
        Path(name).chmod(0o755)
        assert closed_directory(checkout) is None

        for closed in (checkout.parent, checkout.parent.parent):
            closed.chmod(0o700)
            assert closed_directory(checkout) == closed
