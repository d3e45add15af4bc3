"""The headers of the sets of jails, whatever backend each jail has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

from ideolab_f2b.actions.reconcile.backend_looks import BackendLooks
from ideolab_f2b.actions.reconcile.one_pass import Member
from ideolab_f2b.firewall.names import family_sets
from ideolab_f2b.kernel.ipset.element import SetHeader
from ideolab_f2b.kernel.ipset.error import SetMissingError


def read_headers(looks: Mapping[str, BackendLooks], members: Iterable[Member]) -> Iterator[SetHeader]:
    """Yield the headers of those sets of the jails that are there; a backend that does not work has none."""
    used = sorted({(member.backend().name, member.options().set) for member in members})
    for backend in dict(used):
        try:
            opened = looks[backend].open()
        except OSError:
            # each pass meets the same error, and says it
            continue
        with contextlib.closing(opened) as kernel:
            for name in (name for each, name in used if each == backend):
                for family_set in family_sets(name).values():
                    with contextlib.suppress(SetMissingError):
                        yield kernel.header(family_set)
