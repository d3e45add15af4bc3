"""honest: the largest numbers of clients that get answers."""

from __future__ import annotations

from ideolab_f2b.connmon.observe.honest import HonestClients, Largest, find_honest
from ideolab_f2b.connmon.phases.counts import WIDTH, PhaseCounts
from ideolab_f2b.connmon.phases.phase import ACTIVE, IDLE, MUTE, PARTIAL_HELLO

OFFICE, ATTACKER, VISITOR = (bytes([198, 51, 100, last]) for last in (1, 2, 3))
OWN = bytes([192, 0, 2, 1])


def counts(**phases: int) -> PhaseCounts:
    made = [0] * WIDTH
    for name, number in phases.items():
        made[{"mute": MUTE, "hello": PARTIAL_HELLO, "idle": IDLE, "active": ACTIVE}[name]] = number
    return made


TABLE = {
    OFFICE: counts(mute=5, hello=2, idle=50),
    ATTACKER: counts(mute=300),
    VISITOR: counts(mute=3, active=4),
    OWN: counts(idle=900),
}


def found(**options: bool) -> HonestClients:
    answers = {OFFICE: 7.0, ATTACKER: 299.0, VISITOR: 9.0, OWN: 900.0}
    return find_honest(TABLE, answers.__getitem__, OWN.__eq__, **{"with_networks": False, **options})


def test_who_gets_answers_counts() -> None:
    """Neither an attacker, nor this host itself, nor a visitor with few connections."""
    assert found() == HonestClients(
        4, 1, Largest(57, OFFICE), Largest(7, OFFICE), Largest(2, OFFICE), Largest()
    )


def test_networks_are_added_up_on_demand() -> None:
    """Those of its clients that have as many served connections; a large attacker is none of them."""
    assert found(with_networks=True).network == Largest(10, OFFICE[:3])


def test_nobody_is_there() -> None:
    """All is 0."""
    nobody = find_honest({}, lambda _name: 9.0, lambda _name: False, with_networks=True)

    assert nobody == HonestClients()
