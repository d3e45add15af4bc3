"""The package as a directory that is replaced as a whole."""

from __future__ import annotations

import os

from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import tree
from ideolab_f2b.install.steps.tree import Tree
from ideolab_f2b.manifest import read_tree

TREE = Tree("/lib", {"a.py": b"A = 1\n", "sub/b.conf": b"b\n"})


def test_a_tree_holds_its_files_compiled(site: Site) -> None:
    """Whoever runs it cannot write there."""
    assert TREE.verb(site) == "created"
    TREE.put(site)

    assert read_tree(site.at("/lib")) == {"a.py": b"A = 1\n", "sub/b.conf": b"b\n"}
    assert len(list(site.at("/lib").glob("__pycache__/a.*.pyc"))) == 1
    assert TREE.verb(site) == "kept"


def test_a_new_tree_takes_the_place_of_the_old_one(site: Site) -> None:
    """A module that is gone is gone; until the commit there is a way back."""
    TREE.put(site)
    newer = Tree("/lib", {"c.py": b"C = 1\n"})
    assert newer.verb(site) == "changed"

    undo = newer.put(site)
    assert read_tree(site.at("/lib")) == {"c.py": b"C = 1\n"}
    undo()
    assert TREE.verb(site) == "kept"

    newer.put(site)
    newer.commit(site)
    assert sorted(os.listdir(site.root)) == ["lib"]


def test_a_tree_is_taken_out_as_a_whole(site: Site) -> None:
    """With what Python compiled."""
    TREE.put(site)

    tree.remove(TREE.entry(site), site)

    assert os.listdir(site.root) == []
