"""All parts of one call together."""

from __future__ import annotations

from ideolab_f2b.suggest import report
from ideolab_f2b.suggest.evidence import BanEvidence
from ideolab_f2b.visitors.visitors import Visitors

#: 2001:db8::
SIX = 0x20010DB8 << 96


def test_visitors_of_ipv6() -> None:
    """A whole address, as behind NAT64, is a visitor of its /64."""
    assert report.count_units({(6, SIX | 7, 128): 2, (6, SIX, 64): 3}) == {4: {}, 6: {SIX >> 64: 5}}


def test_nobody_knows_the_visitors() -> None:
    """That is not nobody."""
    unknown = report.make(BanEvidence(), Visitors({}, troubles=("no log",)), None, days=7, top=20)
    nobody = report.make(BanEvidence(), Visitors({}, ("access.log",)), None, days=7, top=20)

    assert (unknown.visits, unknown.visit_troubles) == (None, ("no log",))
    assert nobody.visits is not None
    assert nobody.visits.count == 0
