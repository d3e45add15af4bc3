"""A staging root, and the checkout as the source of the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.install import source
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.manifest import Entry


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty root."""
    root = tmp_path / "root"
    root.mkdir()
    return Site(root)


@pytest.fixture
def checkout() -> Source:
    """The checkout that is installed."""
    return source.find()


def again(site: Site, *entries: Entry | None) -> Site:
    """The same root at the next install."""
    return Site(site.root, {entry.path: entry for entry in entries if entry is not None})
