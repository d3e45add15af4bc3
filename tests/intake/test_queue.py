"""queue: what the kernel holds of nginx's datagrams, and when that is too little."""

from __future__ import annotations

from pathlib import Path

from ideolab_f2b.intake.queue import Queue, read
from ideolab_f2b.places import INTAKE, restart


def test_a_usual_host() -> None:
    """systemd's 512, of which one sender fills the kernel's 208 KiB long before."""
    found = Queue(512, 212_992)

    assert found.fault == ""
    assert found.text == (
        "the kernel holds 512 datagrams, of each log of each worker 166 short lines or 48 of 2,000 bytes"
    )


def test_each_number_can_be_too_small() -> None:
    """The fault names it, the mend is what to type: the program that made the socket has to make it anew."""
    assert Queue(10, 212_992).fault == "the kernel holds 10 for us"
    assert Queue(10, 212_992).mend == f"sysctl -w net.unix.max_dgram_qlen=512; {restart(INTAKE)}"
    assert Queue(512, 16_384).fault == "the kernel holds 12 lines of each log of each worker"
    assert Queue(512, 16_384).mend == f"sysctl -w net.core.wmem_default=212992; {restart('nginx')}"


def test_a_namespace_may_show_less(tmp_path: Path) -> None:
    """Without the second number the first is all; without the first there is nothing to say."""
    (tmp_path / "length").write_text("512\n")
    none = tmp_path / "none"

    assert read(tmp_path / "length", none) == Queue(512, None)
    assert Queue(512, None).text == "the kernel holds 512 datagrams"
    assert read(none, none) is None
