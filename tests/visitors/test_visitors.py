"""What part of the visitors lies in networks."""

from __future__ import annotations

from ideolab_f2b.preview.address_ranges import AddressRanges
from ideolab_f2b.visitors.visitors import Visitors, VisitorShare


def test_measure() -> None:
    """Clients and requests; None where no log was read."""
    clients = {(4, 0xC6336407, 32): 3, (4, 0xC6336507, 32): 1, (6, 0x20010DB8 << 96, 64): 2}
    ranges = AddressRanges([(4, 0xC6336400, 24), (6, 0x20010DB8 << 96, 32)])

    assert Visitors(clients, ("a",)).measure(ranges.holds) == VisitorShare(2, 3, 5, 6)
    assert Visitors({}, ("a",)).measure(ranges.holds) == VisitorShare(0, 0, 0, 0)
    assert Visitors(clients).measure(ranges.holds) is None
