"""Which jails may aggregate."""

from __future__ import annotations

import pytest

from ideolab_f2b.actions.aggregate.eligible import OURS, find_refusal
from ideolab_f2b.places import ALL_JAILS


@pytest.mark.parametrize("jail", [*OURS, "sshd"])
def test_what_only_the_holder_of_an_address_can_cause(jail: str) -> None:
    """These two of the pack, and whatever root says of the others."""
    assert find_refusal(jail, ("tcp",)) is None


@pytest.mark.parametrize("jail", sorted(set(ALL_JAILS) - set(OURS)))
def test_what_a_third_party_can_cause(jail: str) -> None:
    """A page, a radio that goes away, a person: 64 of those must not ban a network."""
    assert find_refusal(jail, ("tcp",)) == (
        f"a third party can cause lines of {jail}; "
        "only ideolab-connmon and nginx-ideolab-probe aggregate, of the pack"
    )


@pytest.mark.parametrize("protocols", [("udp",), ("tcp", "udp"), ("all",), ()])
def test_a_forged_address(protocols: tuple[str, ...]) -> None:
    """A datagram has any source: nobody must ban a network by 64 of them."""
    assert find_refusal("asterisk", protocols) == (
        "without a TCP connection anybody can forge the address; a jail of tcp alone aggregates"
    )
