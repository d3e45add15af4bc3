"""logline: whatever a client sends, one line stays one line and names the address we gave it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ideolab_f2b import files, logline
from tests.host.overlay import REPOSITORY

WHEN = datetime(2026, 11, 22, 14, 52, 1, tzinfo=timezone.utc)
DATE = "2026-11-22T14:52:01.250+0000"
LINE = f"{DATE} connmon: suspect 198.51.100.7 scope=ip score=5 connections=40 mute=38 handshake=2 idle=0"


def test_a_suspect_line() -> None:
    """The line of design.md, to the letter."""
    text = logline.format_line(
        WHEN, "connmon", "suspect", "198.51.100.10", {"scope": "ip", "score": 5, "connections": 40}
    )

    assert (
        text == "2026-11-22T14:52:01.000+0000 connmon: suspect 198.51.100.10 scope=ip score=5 connections=40"
    )


def test_client_text_comes_last_and_quoted() -> None:
    """A path with a quote, a line feed and a forged line is harmless."""
    text = logline.format_line(
        WHEN, "traship", "offence", "2001:db8::7", {"status": 403}, {"path": '/x" 192.0.2.1\n\\é'}
    )

    assert text == (
        "2026-11-22T14:52:01.000+0000 traship: offence 2001:db8::7 status=403 "
        'path="/x\\x22 192.0.2.1\\x0a\\x5c\\xc3\\xa9"'
    )


@given(st.one_of(st.text(), st.binary()))
def test_quoted_text_is_printable_ascii_without_quotes(text: str | bytes) -> None:
    """No byte can end the quotation or the line."""
    quoted = logline.quote(text)

    assert re.fullmatch(r'"[\x20\x21\x23-\x7e]*"', quoted)
    assert len(quoted) <= 2 + 4 * logline.QUOTED_BYTES


@given(st.text(), st.text(), st.text())
def test_no_plain_value_breaks_the_grammar(address: str, key: str, value: str) -> None:
    """A value that is no plain word is refused, so a line has as many words as it was given."""
    try:
        text = logline.format_line(WHEN, "connmon", "suspect", address, {key: value})
    except ValueError:
        return

    assert text.split(" ") == [
        "2026-11-22T14:52:01.000+0000",
        "connmon:",
        "suspect",
        address,
        f"{key}={value}",
    ]


def test_a_time_without_a_zone_is_refused() -> None:
    """fail2ban would read it in the server's zone and ban late or never."""
    with pytest.raises(ValueError, match="zone"):
        logline.format_line(datetime(2026, 1, 1), "connmon", "suspect", "192.0.2.1", {})


def test_a_line_of_connmon() -> None:
    """Its time to the millisecond, its numbers, its phases as a reason."""
    found = logline.read_last_line(f"something before\n{LINE}\n")

    assert found is not None
    assert (found.when, found.program, found.reason) == (1795359121.25, "connmon", "38 mute, 2 handshake")
    assert (found.number("score"), found.number("connections"), found.number("scope")) == (5, 40, None)


def test_a_line_of_a_person() -> None:
    """The reason is the person's; a line without a fraction has no time to measure by."""
    found = logline.read_last_line(
        '2026-11-22T14:52:01+0000 manual: ban 198.51.100.7 ttl=60 actor="al" reason="403 scan"'
    )

    assert found is not None
    assert (found.when, found.reason, found.plain) == (None, "403 scan", {"ttl": "60"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"x {LINE}",
        f"Nov 22 host sshd[1]: Invalid user {LINE}",
        f"{LINE}\nx",
        LINE.replace("+0000", ""),
        f"{LINE} <b>",
    ],
)
def test_what_is_not_ours_tells_nothing(text: str) -> None:
    """A name or a path that looks like our line does not stand where it begins."""
    assert logline.read_last_line(text) is None


def test_a_date_that_is_none() -> None:
    """The words count all the same."""
    found = logline.read_last_line(LINE.replace("-11-22T", "-99-22T"))

    assert found is not None and (found.when, found.number("score")) == (None, 5)


@given(st.ip_addresses(), st.integers(0, 10**8), st.text() | st.binary())
def test_a_line_is_read_as_it_was_written(address: object, score: int, path: str | bytes) -> None:
    """The quoted text comes back as it stands in the line, escaped."""
    text = logline.format_line(WHEN, "traship", "offence", str(address), {"score": score}, {"path": path})

    assert logline.read_line(text) == (
        1795359121.0, "traship", "offence", str(address), {"score": str(score)},
        {"path": logline.quote(path)[1:-1]},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "date"),
    [
        (LINE, 1795359121.25),
        ("2026-11-22T16:52:01+0200 connmon: x", 1795359121.0),
        ("2026-11-22T14:52:01", None),
        ("2026-99-22T14:52:01+0000 connmon: x", None),
        ("", None),
    ],
)
def test_the_date_of_any_line(text: str, date: float | None) -> None:
    """Also of a line that was cut, and of one with whole seconds; None without a date at the beginning."""
    assert logline.read_date(text) == date


def test_append_adds_whole_lines(tmp_path: Path) -> None:
    """Two lines, one file, readable by its group and not by others."""
    path = tmp_path / "connmon.log"
    logline.append(path, "one")
    logline.append(path, "two")

    assert path.read_text() == "one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o640


def test_append_ends_a_cut_line_first(tmp_path: Path) -> None:
    """What a dead writer left behind does not swallow the next suspect."""
    path = tmp_path / "connmon.log"
    path.write_text("2026-11-22T14:5")
    logline.append(path, "one")

    assert path.read_text() == "2026-11-22T14:5\none\n"


def test_append_refuses_two_lines(tmp_path: Path) -> None:
    """A line feed in the text would be a second line, which nobody anchored."""
    with pytest.raises(ValueError, match="must not contain a line feed"):
        logline.append(tmp_path / "connmon.log", "one\ntwo")

    assert not (tmp_path / "connmon.log").exists()


def test_append_says_when_the_disk_is_full() -> None:
    """The error comes to the caller, who keeps the suspect."""
    with pytest.raises(OSError, match="No space left"):
        logline.append(Path("/dev/full"), "one")


def test_many_lines_are_one_write(tmp_path: Path) -> None:
    """After half a line of somebody who died, they begin on a line of their own."""
    path = tmp_path / "log"
    path.write_text("half")
    logline.append_all(path, ["a", "b"])

    assert path.read_text() == "half\na\nb\n"


def test_no_link_and_no_pipe_is_written_to(tmp_path: Path) -> None:
    """Root writes into a directory of another user's: what that user put there must not lead elsewhere."""
    (tmp_path / "victim").write_text("mine\n")
    (tmp_path / "link").symlink_to(tmp_path / "victim")
    os.mkfifo(tmp_path / "pipe")

    for name in ("link", "pipe"):
        with pytest.raises(OSError, match=name):
            logline.append(tmp_path / name, "a")
    assert (tmp_path / "victim").read_text() == "mine\n"


@pytest.mark.root
def test_a_new_file_is_its_directorys_owners(tmp_path: Path) -> None:
    """The daemons that write there too are not root, whatever the umask of fail2ban."""
    os.chown(tmp_path, 65534, 65534)
    before = os.umask(0o077)
    try:
        logline.append(tmp_path / "log", "a")
    finally:
        os.umask(before)

    found = (tmp_path / "log").stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (65534, 65534, 0o640)


def rotate(path: Path, number: int = 1) -> None:
    """As logrotate does with `create`."""
    path.rename(f"{path}.{number}")
    path.touch()


@pytest.mark.parametrize("moment", ["ends_a_line", "has_name"])
def test_a_rotation_between_open_and_write_loses_no_line(
    moment: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line is in the file that fail2ban reads on, and only there; also one that was just written."""
    path = tmp_path / "log"
    path.write_text("before\n")
    original: Any = getattr(files, moment)
    turns = [1, 2]

    def rotate_first(*words: Any) -> bool:
        if turns:
            rotate(path, turns.pop(0))
        return bool(original(*words))

    monkeypatch.setattr(files, moment, rotate_first)
    logline.append_all(path, ["one", "two"])

    assert path.read_text() == "one\ntwo\n"
    assert (tmp_path / "log.1").read_text() == "before\n" + "\n" * 8
    assert (tmp_path / "log.2").read_text() == "\n" * 8


def test_the_line_of_another_writer_is_never_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two writers met in the old file."""
    path = tmp_path / "log"

    def rotate_first(descriptor: int, where: Path) -> bool:
        monkeypatch.undo()
        with path.open("a") as other:
            other.write("another\n")
        rotate(path)
        return False

    monkeypatch.setattr(files, "has_name", rotate_first)
    logline.append(path, "mine")

    assert (path.read_text(), (tmp_path / "log.1").read_text()) == ("mine\n", "\n" * 5 + "another\n")


def test_a_log_that_is_being_rotated_is_waited_for(tmp_path: Path) -> None:
    """A file that we made would be moved away by logrotate; and a web user may make none."""
    path = tmp_path / "log"
    path.touch()
    path.rename(tmp_path / "log.1")
    created = threading.Timer(0.2, lambda: os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o660)))
    created.start()
    try:
        logline.append(path, "one")
    finally:
        created.join()

    assert (path.read_text(), path.stat().st_mode & 0o070) == ("one\n", 0o060 & ~_umask())


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_a_log_that_nobody_makes_again_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a moment, and without one where no file was renamed."""
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    logline.append(tmp_path / "new", "one")
    with pytest.raises(FileNotFoundError):
        logline.append(tmp_path / "none/log", "one")
    assert waits == []

    monkeypatch.undo()
    (tmp_path / "new").rename(tmp_path / "new.1")
    assert not files.await_rotation(tmp_path / "new", 0.05)
    logline.append(tmp_path / "new", "two")
    assert (tmp_path / "new").read_text() == "two\n"


_WRITER = """
import sys
from pathlib import Path
from ideolab_f2b import logline
from ideolab_f2b.complaint import Complaint
from ideolab_f2b.intake.log_file import LogFile

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
log = LogFile(path, Complaint(print, 60.0))
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    if name == "intake":
        log.write([f"{name}-{number}".encode()])
    else:
        logline.append(path, f"{name}-{number}")
"""


def test_no_line_is_lost_in_any_rotation(tmp_path: Path) -> None:
    """Writers of both kinds under constant rotation: each line is there once, where fail2ban reads on.

    After its rename a file gets nothing more that is read; and no writer makes the file in logrotate's place.
    """
    path, count = tmp_path / "log", 4000
    path.touch()
    names = ("intake", "a", "b", "c")
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), name, str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
        )
        for name in names
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdout is not None and writer.stdout.readline() == "ready\n"
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    sizes: list[int] = []
    while any(writer.poll() is None for writer in writers) and len(sizes) < 2000:
        old = Path(f"{path}.{len(sizes)}")
        path.rename(old)
        sizes.append(old.stat().st_size)
        time.sleep(0.0005)
        # the error of a file that is there already would end the test
        os.close(os.open(path, os.O_CREAT | os.O_EXCL, 0o640))
        time.sleep(0.003)
    for writer in writers:
        assert writer.communicate(timeout=180)[0] == ""

    late = [Path(f"{path}.{number}").read_bytes()[size:] for number, size in enumerate(sizes)]
    assert [data.strip(b"\n") for data in late if data.strip(b"\n")] == []
    text = "".join(found.read_text() for found in tmp_path.iterdir())
    lines = Counter(line for line in text.splitlines() if line)
    assert len(sizes) > 1
    assert lines == Counter(f"{name}-{number}" for name in names for number in range(count))
