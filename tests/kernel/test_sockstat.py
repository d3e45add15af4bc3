"""sockstat: the files as kernels write them, and the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_f2b.kernel import sockstat
from tests.kernel.scene import scene

V4 = b"""sockets: used 153
TCP: inuse 17 orphan 2 tw 3 alloc 19 mem 85
UDP: inuse 4 mem 0
UDPLITE: inuse 0
RAW: inuse 0
FRAG: inuse 0 memory 0
"""
V6 = b"TCP6: inuse 5\nUDP6: inuse 6\nUDPLITE6: inuse 0\nRAW6: inuse 7\nFRAG6: inuse 0 memory 0\n"


def test_parse() -> None:
    """TCP and TCP6 count, in use only."""
    assert sockstat.parse(V4) == 17
    assert sockstat.parse(V6) == 5
    assert sockstat.parse(b"") == 0


def test_both_files(tmp_path: Path) -> None:
    """The sum of both files; a host without IPv6 has only one."""
    (tmp_path / "sockstat").write_bytes(V4)
    paths = (str(tmp_path / "sockstat"), str(tmp_path / "sockstat6"))
    assert sockstat.count_in_use(paths) == 17
    (tmp_path / "sockstat6").write_bytes(V6)
    assert sockstat.count_in_use(paths) == 22


def test_no_proc(tmp_path: Path) -> None:
    """Without the first file nothing is known: an error, not a calm host."""
    with pytest.raises(FileNotFoundError):
        sockstat.count_in_use((str(tmp_path / "sockstat"), str(tmp_path / "sockstat6")))


@pytest.mark.root
def test_real_files() -> None:
    """A listener and one accepted connection of either family are three sockets in use."""
    with scene() as stage:
        listener = stage.listen("::")
        stage.pair(listener, "198.51.100.1")
        stage.pair(listener, "2001:db8:c::1")
        with stage.server.enter():
            assert sockstat.count_in_use() == 3
