"""tcp_info: the fields of a row, wherever a kernel puts them."""

from __future__ import annotations

import pytest

from ideolab_f2b.kernel.sockets.row import ACKED, LASTRCV_MS
from tests.kernel.sockets.dumps import DUMPS, ROWS, messages, parse, with_info


@pytest.mark.parametrize("name", ["privileged", "unprivileged"])
def test_recorded_dump(name: str) -> None:
    """The same sockets are the same rows, though root is told more attributes and so other offsets."""
    assert len(messages(DUMPS[name])[0]) == {"privileged": 408, "unprivileged": 400}[name]
    assert parse(DUMPS[name]) == ROWS


def test_short_tcp_info() -> None:
    """A kernel whose tcp_info ends early has zeros for the fields it does not know."""
    served = messages(DUMPS["unprivileged"])[0]
    assert parse(served) == [ROWS[0]]
    assert parse(with_info(104)) == [(*ROWS[0][:ACKED], 0, 0, 0, 0, 0, 0)]
    assert parse(with_info(48)) == [(*ROWS[0][:LASTRCV_MS], 0, 0, 0, 0, 0, 0, 0, 0)]
