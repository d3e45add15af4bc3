"""status: how full the server is, in `systemctl status` and above the table of --explain."""

from __future__ import annotations

from ideolab_f2b.connmon.output import status
from ideolab_f2b.connmon.pressure.state import Pressure, SlotUse, measure_nothing
from ideolab_f2b.connmon.suspects.findings import Findings
from ideolab_f2b.connmon.suspects.suspect import Suspect
from ideolab_f2b.connmon.tick import PortTick

#: systemd's line is cut there (notify.py)
STATUS_CHARACTERS = 200
BAD = Suspect("198.51.100.10", "ip", 2, 40, 1, {"mute": 40})
CALM = Pressure("calm", 12, 512, "nginx", 0, 511, "12 of 512 slots are taken", 0.0)
FULL = Pressure("exhausted", 1510, 1512, "setting", 3, 511, "nginx has said so", 0.0)


def ticks(*pressures: Pressure, is_unexplained: bool = False) -> list[PortTick]:
    """One port for each."""
    return [
        PortTick(
            100.0, 443 + number, Findings([BAD], {}, 40, pressure=one, is_unexplained=is_unexplained), 0.0
        )
        for number, one in enumerate(pressures)
    ]


def test_the_line_of_systemctl() -> None:
    """Each port with its state and its slots."""
    assert status.format_status(ticks(CALM, FULL)) == (
        "80 connections, 2 suspects; port 443 calm, 12 slots taken of 512 (by nginx's configuration); "
        "port 444 exhausted, 1,510 slots taken of 1,512 (by f2b.conf)"
    )


def test_a_host_that_bans_nobody_says_so_first() -> None:
    """systemd may cut what comes later."""
    text = status.format_status(ticks(CALM), is_observing=True)

    assert text.startswith("observe = yes: nobody is banned by connmon; 40 connections, ")


def test_a_full_server_that_nobody_explains() -> None:
    """Said in both places."""
    (tick,) = found = ticks(FULL, is_unexplained=True)

    assert f"; {status.UNEXPLAINED}; port 443 exhausted" in status.format_status(found)[:STATUS_CHARACTERS]
    assert status.format_pressure(tick.findings) == [
        "the server is exhausted: nginx has said so "
        "(1,510 slots taken of 1,512 (by f2b.conf); accept queue 3 of 511)",
        "no address holds enough of the server to explain that it is full: "
        "a crowd of visitors, a slow application, or too few worker_connections?",
    ]


def test_what_was_only_seen_is_no_capacity() -> None:
    """The most slots that were ever taken say nothing about a limit."""
    learnt = CALM._replace(capacity_source="learnt")

    assert "12 slots taken of an unknown number" in status.format_status(ticks(learnt))


def test_the_slots_are_said_once() -> None:
    """Where the reason has their number, the brackets have where the capacity comes from."""
    learnt = CALM._replace(capacity_source="learnt")

    found = [status.format_pressure(tick.findings) for each in (CALM, learnt) for tick in ticks(each)]

    assert found == [
        [
            "the server is calm: 12 of 512 slots are taken (512 by nginx's configuration; accept queue 0 of"
            " 511)"
        ],
        [
            "the server is calm: 12 of 512 slots are taken (how many there are is unknown; accept queue 0 of"
            " 511)"
        ],
    ]


def test_a_saved_text_has_no_state() -> None:
    """Unknown, and never calm."""
    saved = Findings(pressure=measure_nothing(SlotUse(40, 40, 0), 0.0))

    assert status.format_pressure(saved) == [
        (
            "the server is in an unknown state: "
            "a saved text has no listener, so it is judged as if there were no room"
        )
    ]


def test_nobody_asked() -> None:
    """Findings without a pressure have no line."""
    assert status.format_pressure(Findings()) == []
    assert status.format_status([PortTick(1.0, 443, Findings(), 0.0)]) == "0 connections, 0 suspects"


def test_containers_are_named_where_it_matters() -> None:
    """There may be many of them; why they cannot be seen is said first."""
    (host,) = ticks(CALM)
    inside = host._replace(namespace="docker:0225320b4597", netns=7)
    full = inside._replace(findings=ticks(FULL)[0].findings)

    text = status.format_status([host, inside, full], problem="ideolab-netns does not run")

    assert "suspects; ideolab-netns does not run; port 443 calm, " in text
    assert text.count("docker:") == text.count("port 443 in docker:0225320b4597 exhausted, ") == 1
