"""What the pack keeps for its whole process, and how a test leaves none of it to the next one."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterator
from contextlib import contextmanager

#: the names in each module that are put back after every test
PUT_BACK = {
    "ideolab_f2b.actions.ban.polling": ("_jails",),
    "ideolab_f2b.actions.handover": ("_failures", "_timed"),
    "ideolab_f2b.actions.metric_sources": ("_errors", "_kept", "_last", "_sources"),
    "ideolab_f2b.actions.report.reporter": ("_reporters",),
}
#: the others, and why a test may leave something in them
LEFT = {
    "ideolab_f2b.kernel.nft.table_socket": "_sockets: open sockets, which whole modules of tests share",
}


@contextmanager
def put_back() -> Iterator[None]:
    """Put back at the end what was kept at the beginning, in the modules that were loaded then."""
    kept = [
        (sys.modules[module], name, getattr(sys.modules[module], name))
        for module, names in PUT_BACK.items()
        if module in sys.modules
        for name in names
    ]
    before = [copy.copy(container) for _module, _name, container in kept]
    yield
    for (module, name, container), content in zip(kept, before):
        # the container itself: pytest's monkeypatch, which is undone later, puts that one back
        container.clear()
        (container.update if hasattr(container, "update") else container.extend)(content)
        setattr(module, name, container)
