"""datagrams: what nginx sends, and whether the kernel holds it."""

from __future__ import annotations

import pytest

from ideolab_f2b.check.nginx import datagrams
from ideolab_f2b.intake.queue import Queue
from ideolab_f2b.places import INTAKE, restart

PROM = """\
ideolab_f2b_intake_lines_total{result="written"} 120.0
ideolab_f2b_intake_lines_total{result="spared"} 30.0
ideolab_f2b_intake_lines_total{result="served"} %s
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            PROM % "5000.0",
            "ok       served: 5000 answered requests, 150 lines (30 spared, 0 over budget); "
            "what a location with an access_log of its own (or off) answers is not among them",
        ),
        (
            PROM % "0.0",
            "unknown  served: nginx does not say what it answers, so the address of a carrier is judged "
            "by its failures alone",
        ),
        (
            'ideolab_f2b_intake_lines_total{result="served"} 9.0\n',
            "unknown  served: nginx says what it answers (9 requests), and no line of its other logs has come"
            " since the intake started",
        ),
        (
            'ideolab_f2b_intake_lines_total{result="refused"} 3.0\n',
            "unknown  served: nginx has sent nothing since the intake started; 3 datagrams were thrown away"
            f" (journalctl -u {INTAKE})",
        ),
        ("", "unknown  served: nginx has sent nothing since the intake started"),
    ],
)
def test_what_nginx_answers(text: str, said: str) -> None:
    """A host of an older install has no such datagrams: nothing is wrong, and nobody is spared."""
    assert str(datagrams.judge_answers(datagrams.parse(text))).splitlines()[0] == said


def test_the_queue() -> None:
    """A short one has the command that mends it."""
    assert str(datagrams.judge_queue(Queue(512, 212_992))).startswith(
        "ok       queue: the kernel holds 512 datagrams"
    )
    assert str(datagrams.judge_queue(Queue(10, None))) == (
        "wrong    queue: the kernel holds 10 datagrams\n"
        f"         -> sysctl -w net.unix.max_dgram_qlen=512; {restart(INTAKE)}"
    )
    assert str(datagrams.judge_queue(Queue(512, 16_384))).splitlines()[1] == (
        f"         -> sysctl -w net.core.wmem_default=212992; {restart('nginx')}"
    )
    assert datagrams.judge_queue(None).state == "unknown"
