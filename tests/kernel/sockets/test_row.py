"""row: one order of columns, whoever reads the sockets."""

from __future__ import annotations

from ideolab_f2b.kernel.sockets import row
from ideolab_f2b.kernel.sockets.row import RECEIVED, RWND_LIMITED_US, Connection, Row
from tests.connmon.crowd import connection


def test_a_connection_is_a_row() -> None:
    """The kernel reader's plain tuples and the reader of ss have the same fields in the same order."""
    assert len(Connection._fields) == len(Row.__args__) == 19  # type: ignore[attr-defined]
    found = tuple(connection(received=5, rwnd_limited_us=7))
    assert (found[RECEIVED], found[RWND_LIMITED_US], Connection._make(found).received) == (5, 7, 5)


def test_each_column_has_the_place_of_its_field() -> None:
    """`row[PEER]` of a plain tuple is `connection.peer`."""
    columns = {name: getattr(row, name.upper()) for name in Connection._fields}

    assert columns == {name: place for place, name in enumerate(Connection._fields)}


def test_the_kernels_numbers() -> None:
    """As linux/tcp_states.h and linux/inet_diag.h have them."""
    states = (
        row.ESTABLISHED,
        row.SYN_RECV,
        row.FIN_WAIT1,
        row.TIME_WAIT,
        row.CLOSE_WAIT,
        row.LISTEN,
        row.CLOSING,
    )

    assert states == (1, 3, 4, 6, 8, 10, 11)
    assert (row.TIMER_ON, row.TIMER_TIMEWAIT, row.TIMER_PERSIST) == (1, 3, 4)


def test_the_mask_of_a_dump() -> None:
    """One bit for each state."""
    assert row.mask(row.ESTABLISHED, row.CLOSE_WAIT) == 0b1_0000_0010
