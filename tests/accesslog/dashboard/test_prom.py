"""The reader of .prom files believes nothing that it reads."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ideolab_accesslog.dashboard import prom


def test_names_labels_and_numbers_are_read() -> None:
    """As Prometheus writes them; what is no number of the pack is passed over."""
    text = (
        "# HELP ideolab_f2b_active_bans Bans.\n"
        'ideolab_f2b_active_bans{jail="a\\"b",family="inet"} 3.0\n'
        'ideolab_f2b_active_bans{family="inet6",jail="sshd"} 4\n'
        "ideolab_f2b_queue_depth 1e3\n"
        "node_load1 7\nideolab_f2b_nan NaN\nideolab_f2b_inf +Inf\nideolab_f2b_word seven\n\x00\n"
    )
    assert prom.parse(text) == {
        "ideolab_f2b_active_bans": {
            (("family", "inet"), ("jail", 'a\\"b')): 3.0,
            (("family", "inet6"), ("jail", "sshd")): 4.0,
        },
        "ideolab_f2b_queue_depth": {(): 1000.0},
    }


def test_sums_and_maxima() -> None:
    """Of the series with these labels; None where there is none, which is not 0."""
    values = prom.parse('ideolab_a{set="x"} 1\nideolab_a{set="y"} 2.5\nideolab_b 0\n')
    file = prom.PromFile(Path("x"), values=values)

    assert [file.sum("ideolab_a"), file.sum("ideolab_a", set="y"), file.sum("ideolab_a", set="z")] == [
        *(3.5, 2.5, None)
    ]
    assert [file.max("ideolab_a"), file.max("ideolab_b"), file.max("ideolab_c")] == [2.5, 0.0, None]


def test_a_file_is_read(tmp_path: Path) -> None:
    """With the time at which it was written."""
    path = tmp_path / "a.prom"
    path.write_bytes(b"ideolab_a 1\n\xff\xfe\n")
    os.utime(path, (1000, 1000))

    assert prom.read(path) == prom.PromFile(path, "", 1000.0, {"ideolab_a": {(): 1.0}})


@pytest.mark.parametrize("kind", ["link", "pipe", "directory", "large"])
def test_what_is_no_plain_small_file_is_refused(kind: str, tmp_path: Path) -> None:
    """A link may lead anywhere, a pipe would hold the page for ever."""
    path = tmp_path / "a.prom"
    if kind == "link":
        (tmp_path / "real").write_text("ideolab_a 1\n")
        path.symlink_to(tmp_path / "real")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.write_bytes(b"#" * (prom.READ_BYTES + 1))

    assert prom.read(path).fault == "refused"


def test_a_missing_file_is_absent(tmp_path: Path) -> None:
    """Which is not the same as a file that cannot be read."""
    assert prom.read(tmp_path / "a.prom").fault == "absent"


def test_numbers_that_nothing_counts_to() -> None:
    """Two of them have no sum, and one has 309 digits on the page."""
    text = "".join(
        f"ideolab_{name} {number}\n" for name, number in zip("abcd", ("1e308", "-1e308", "nan", "7"))
    )

    assert prom.parse(text) == {"ideolab_d": {(): 7.0}}


def test_hostile_texts_cost_little() -> None:
    """Long lines and many lines are cut, and quotes without an end match nothing."""
    quotes, braces = '"' * 1980, "{" * 3000
    text = f"ideolab_a{{x={quotes}}} 1\nideolab_b{braces} 1\n" + "ideolab_c 1\n" * 30_000

    assert set(prom.parse(text)) == {"ideolab_a", "ideolab_c"}
