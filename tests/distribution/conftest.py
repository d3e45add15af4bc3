"""Archive, wheel, and an environment that has the wheel and Django: each is made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.distribution.build import build, copy_tree, wheel_path
from tests.distribution.environment import Environment, make_environment


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout."""
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session")
def built(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with the archive and the wheel."""
    return build(tree, tmp_path_factory.mktemp("dist"), "sdist", "wheel")


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Where a stranger has installed the wheel; nothing of the checkout can be imported from there."""
    tree = copy_tree(tmp_path_factory.mktemp("tree"))
    wheel = wheel_path(build(tree, tmp_path_factory.mktemp("dist"), "wheel"))
    return make_environment(tmp_path_factory.mktemp("installed"), wheel)
