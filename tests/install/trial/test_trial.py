"""A trial of a configuration: a package that cannot be imported, and a host without namespaces."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ideolab_f2b.install.errors import TrialError
from ideolab_f2b.install.plan import fail2ban
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.trial import trial

pytestmark = pytest.mark.root

RAISING = "raise RuntimeError('not today')\n"


@pytest.mark.parametrize("obstacle", ["", "this host allows no namespaces"])
def test_a_package_that_cannot_be_imported_is_found(
    checkout: Source, etc: Path, tmp_path: Path, obstacle: str
) -> None:
    """The server lives with it, and every ban would fail."""
    package = tmp_path / "library" / "ideolab_f2b"
    shutil.copytree(checkout.package, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "actions" / "ban" / "action.py").write_text(RAISING)
    config = tmp_path / "trial" / "config"
    shutil.copytree(etc, config)
    block = f"[ideolab-connmon]\nenabled = true\nlogpath = {tmp_path}/logs/connmon.log\n".encode()
    trial.put_ours_in(config, fail2ban(checkout), block, tmp_path / "logs")

    with pytest.raises(TrialError, match=r"cannot be (imported|loaded)"):
        trial.try_out(config.parent, package.parent, obstacle=lambda: obstacle)


def test_without_namespaces_the_configuration_is_read_and_the_action_loaded(
    checkout: Source, etc: Path, tmp_path: Path
) -> None:
    """As in a container that may not make any."""
    config = tmp_path / "trial" / "config"
    shutil.copytree(etc, config)
    (config / "action.d" / "ideolab-ban.py").write_bytes(checkout.read("action.d/ideolab-ban.py"))

    result = trial.try_out(config.parent, checkout.package.parent, obstacle=lambda: "no")

    assert result == trial.TrialResult(("theirs",), "no")
