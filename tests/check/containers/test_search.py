"""The search through the namespaces of this host: what it tells at its end."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from ideolab_f2b.check.containers.search import count_refusals, search
from tests.kernel.scene import as_nobody
from tests.lab.containers import build_lab


@pytest.mark.root
def test_processes_that_cannot_be_looked_at() -> None:
    """A user sees his own only, as root does under AppArmor; who is gone is none."""
    gone = 2**22 + 1
    own = os.getpid()
    assert count_refusals([own, gone]) == 0
    assert as_nobody(lambda: count_refusals([own, gone, os.getpid()])) == "1"


@pytest.mark.root
def test_lines(tmp_path: Path) -> None:
    """One for each namespace beside the own one, and the count."""
    with build_lab("f2bsea", tmp_path) as lab:
        made = lab.container(2, 443, 80)
        with lab.host.enter():
            *lines, end = search(frozenset({443, 8443}), lambda: lab.pids)
        netns, name = made.netns, made.namespace.name
    assert end == "0"
    ((found, inode, ports, own, why),) = map(json.loads, lines)
    assert (found, inode, ports, why) == (f"netns:{name}", netns, [443], "")
    assert bytes((10, 77, 0, 2)).hex() in own
