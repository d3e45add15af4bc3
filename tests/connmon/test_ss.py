"""ss: the text of every iproute2, wide or cut, becomes snapshots or a clear error."""

from __future__ import annotations

import gzip
import io
import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ideolab_f2b.connmon import ss
from ideolab_f2b.connmon.snapshot import Snapshot
from ideolab_f2b.connmon.ss_row import INODE_UNKNOWN
from ideolab_f2b.kernel.sockets.row import Connection
from tests.connmon.confusion import REPOSITORY, SNAPSHOTS

#: one slow reader, as iproute2 prints it: 5.9 without snd_wnd, 6.15 with rcv_wnd and no Process column
OLD_HEADER = "State      Recv-Q Send-Q Local Address:Port   Peer Address:Port Process      \n"
NEW_HEADER = "State      Recv-Q Send-Q Local Address:Port   Peer Address:Port              \n"
FIELDS = (
    "timer:(persist,1min16sec,3) skmem:(r0,rb131072,t0,tb46080,f86,w44970,o0,bl0,d0) ts sack cubic "
    "wscale:0,10 rto:208 backoff:9 rtt:4.742/9.373 ato:40 mss:730 cwnd:10 bytes_sent:2285 bytes_acked:2284 "
    "bytes_received:689 segs_out:16 segs_in:17 data_segs_out:6 data_segs_in:3 send 12315479bps "
    "lastsnd:139320 lastrcv:139576 lastack:29664 pacing_rate 24629656bps delivered:7 busy:139576ms "
    "rwnd_limited:139570ms(100.0%) rcv_space:14480 notsent:22507 minrtt:0.02"
)
ROW = "ESTAB      0      22507      192.0.2.1:443   198.51.100.26:52975 "
READ = Connection(
    family=socket.AF_INET,
    state=1,
    timer=4,
    retrans=3,
    peer_port_be=socket.htons(52975),
    peer=bytes([198, 51, 100, 26]) + bytes(12),
    cookie="192.0.2.1:443 198.51.100.26:52975",
    rqueue=0,
    wqueue=22507,
    inode=INODE_UNKNOWN,
    lastsnd_ms=139320,
    lastrcv_ms=139576,
    lastack_ms=29664,
    acked=2284,
    received=689,
    data_segs_in=3,
    data_segs_out=6,
    busy_us=139_576_000,
    rwnd_limited_us=139_570_000,
)
MUTE = "ESTAB 0 0 192.0.2.1:443 198.51.100.{} cwnd:10 segs_in:2 lastsnd:9000 lastrcv:9000 lastack:9000\n"


def read(text: str, ports: tuple[int, ...] = (443,)) -> list[Snapshot]:
    return list(ss.read_snapshots(io.StringIO(text), ports, "saved.txt", 7.0))


def rows(text: str) -> list[Connection]:
    (snapshot,) = read(text)
    return [Connection._make(row) for row in snapshot.rows]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OLD_HEADER + ROW + FIELDS + "      \n", id="5.9 and 6.1, one line"),
        pytest.param(NEW_HEADER + ROW + FIELDS + " snd_wnd:64512 rcv_wnd:65536\n", id="6.15, one line"),
        pytest.param(f"{OLD_HEADER}{ROW}timer:(persist,1min16sec,3)\n\t {FIELDS}\n", id="two lines"),
        pytest.param(ROW + FIELDS, id="no header, no line feed"),
        pytest.param(f"tcp   {ROW}{FIELDS}\n", id="with the Netid column"),
        pytest.param(f"0 22507 192.0.2.1:443 198.51.100.26:52975 {FIELDS}\n", id="one state asked for"),
        pytest.param(f'{ROW}users:(("nginx: worker",pid=7,fd=3)) {FIELDS}\n', id="with processes"),
        pytest.param("\n\n" + ROW + FIELDS + "\n\n", id="blank lines"),
    ],
)
def test_every_form_reads_alike(text: str) -> None:
    """Header or none, one line or two, padded or not: the same connection."""
    assert rows(text) == [READ]


def test_saved_by_every_iproute2() -> None:
    """The same sockets printed by 5.9, 6.1, 6.15 and 7.2 are the same connections."""
    folder = REPOSITORY.parent / "shared" / "fixtures" / "nginx" / "ss-versions"
    if not folder.is_dir():
        pytest.skip("the recorded texts of other iproute2 are not beside this checkout")
    texts = [path.read_text() for path in sorted(folder.iterdir())]
    read_by = [{(row.peer, row.peer_port_be, row.state) for row in rows(text)} for text in texts]
    assert [len(one) for one in read_by] == [168] * 4
    assert read_by[0] == read_by[1] == read_by[2] == read_by[3]


def test_other_ports_and_states_are_left_out() -> None:
    """Listeners, TIME-WAIT and other ports are no connections of ours; half-open and closing ones are."""
    text = (
        "LISTEN 0 511 0.0.0.0:443 0.0.0.0:* cwnd:10\n"
        "TIME-WAIT 0 0 192.0.2.1:443 198.51.100.1:9 timer:(timewait,32sec,0) ino:0 sk:1\n"
        + MUTE.format("2:9").replace(":443", ":8443")
        + "SYN-RECV 0 0 192.0.2.1:443 198.51.100.3:9 timer:(on,18sec,5) ino:0 sk:2\n"
        "FIN-WAIT-1 0 22507 192.0.2.1:443 198.51.100.4:9 timer:(persist,20sec,0) ino:0 sk:3 cwnd:10\n"
        + MUTE.format("5:9")
    )
    assert [(row.peer[3], row.state) for row in rows(text)] == [(3, 3), (4, 4), (5, 1)]


def test_each_port_has_its_own_snapshot() -> None:
    """Two watched ports give two snapshots of the same moment, empty or not."""
    text = MUTE.format("2:9").replace(":443", ":8443")
    assert [(one.when, one.port, len(list(one.rows))) for one in read(text, (443, 8443))] == [
        (7.0, 443, 0),
        (7.0, 8443, 1),
    ]


def test_a_series_is_split_at_its_marks() -> None:
    """Each `### t=EPOCH` starts a snapshot, also an empty one; what comes before has the given time."""
    text = MUTE.format("1:1") + "### t=100.5\n" + MUTE.format("2:1") * 2 + "### t=101.5\n### t=102.5 end\n"
    found = [(one.when, len(list(one.rows))) for one in read(text)]
    assert found == [(7.0, 1), (100.5, 2), (101.5, 0), (102.5, 0)]


def test_a_mark_without_a_time_is_counted_with_its_rows() -> None:
    """Rows of an unknown moment would spoil every rate, so they are left out and counted."""
    row = MUTE.format("1:1")
    text = f"### t=1\n{row}### t=soon\n{row}### t=9\n{row}"
    assert [(one.when, len(list(one.rows)), one.skipped) for one in read(text)] == [(1.0, 1, 0), (9.0, 1, 2)]


def test_no_text_is_a_snapshot_of_nothing() -> None:
    """`ss -H` prints nothing on a calm host."""
    assert [(one.when, list(one.rows), one.skipped) for one in read("")] == [(7.0, [], 0)]


@pytest.mark.parametrize(
    "bad",
    [
        "ESTAB 0 0 192.0.2.1:443 198.51.100.300:9 cwnd:10",
        "ESTAB 0 0 192.0.2.1:443 198.51.100.9:99999 cwnd:10",
        "ESTAB 0 0 192.0.2.1:https 198.51.100.9:9 cwnd:10",
        "ESTAB 0 x 192.0.2.1:443 198.51.100.9:9 cwnd:10",
        "ESTAB 0 0 192.0.2.1:443 198.51.100.9:9 cwnd:10 lastsnd:1x",
        "ESTAB 0 0 192.0.2.1:443 198.51.10",
        "ESTAB 0 0 192.0.2.1:443",
        "ESTAB 0 0 192.0.2.1:443 198.51.100.9:9",
        "udp UNCONN 0 0 192.0.2.1:443 0.0.0.0:*",
        "\x00\x1b[31m\ufffd",
    ],
)
def test_a_cut_or_garbled_line_is_counted(bad: str) -> None:
    """The lines round it are read all the same."""
    (snapshot,) = read(MUTE.format("1:1") + bad + "\n" + MUTE.format("2:1"))
    assert (len(list(snapshot.rows)), snapshot.skipped) == (2, 1)


def test_without_details_nothing_can_be_judged() -> None:
    """`ss -tn` without -i names the file, the line and the missing option."""
    with pytest.raises(ss.SsTextError) as error:
        read(
            "### t=1\nESTAB 0 0 192.0.2.1:443 198.51.100.9:9\n"
            "SYN-RECV 0 0 192.0.2.1:443 198.51.100.3:9 timer:(on,18sec,5)\n"
        )
    assert str(error.value) == "saved.txt:2: the connections have no details; add -i (ss -tnoiH)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hello\nworld\n", "saved.txt:1: not a row of ss; the text of ss -tnoiH is needed"),
        (
            "ESTAB 0 0 web:https 198.51.100.9:9 cwnd:10\n",
            "saved.txt:1: 'web:https' has no port number; add -n; the text of ss -tnoiH is needed",
        ),
    ],
)
def test_another_file_is_refused(text: str, message: str) -> None:
    """When not one line is a row, the error names file and line and what was expected."""
    with pytest.raises(ss.SsTextError) as error:
        read(text)
    assert str(error.value) == message


def test_a_file_may_be_compressed_and_cut(tmp_path: Path) -> None:
    """Of a cut gzip everything that can be read is, and the cut is counted as a line."""
    path = tmp_path / "ss.txt.gz"
    path.write_bytes(gzip.compress(("### t=1\n" + MUTE.format("1:1") * 2000).encode())[:-30])
    (snapshot,) = ss.read_snapshots(ss.read_lines(str(path)), (443,), path.name, 0.0)
    assert snapshot.skipped >= 1
    assert len(list(snapshot.rows)) > 500


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` reads the text of a pipe, and bytes that are no UTF-8 do no harm."""
    end, start = os.pipe()
    os.write(start, MUTE.format("1:1").encode() + b"\xff\xfe\n")
    os.close(start)
    with open(end) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        (snapshot,) = ss.read_snapshots(ss.read_lines("-"), (443,), "-", 0.0)
    assert (len(list(snapshot.rows)), snapshot.skipped) == (1, 1)


WORDS = st.sampled_from(
    [*ROW.split(), *FIELDS.split(), "### t=5", "\n", "\n\t", "[::1]:443", "*:*", "SYN-RECV", "-1", "9" * 5000]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.lists(st.one_of(WORDS, st.text(max_size=5))).map(" ".join)))
def test_no_text_raises_anything_else(text: str) -> None:
    """Whatever is in the file, the answer is snapshots or SsTextError."""
    try:
        for snapshot in read(text, (443, 8443)):
            assert all(len(row) == len(Connection._fields) for row in snapshot.rows)
    except ss.SsTextError as error:
        assert str(error).startswith("saved.txt:")


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 4000))
def test_a_text_may_end_anywhere(length: int) -> None:
    """A copy that stops in the middle of a line loses at most that line."""
    text = gzip.decompress((SNAPSHOTS / "1.22.1-seed.ss.txt.gz").read_bytes())[:4000].decode()
    whole = text[:length].count("\n")
    try:
        taken = sum(len(list(one.rows)) + one.skipped for one in read(text[:length]))
    except ss.SsTextError:
        return
    assert taken <= whole + 1
