"""A jail that names the ban action twice, once for tcp and once for udp: fail2ban would refuse to start.

`banaction = ideolab-ban.py` in [DEFAULT] does that to fail2ban's own jails asterisk, freeswitch, murmur, nsd
and counter-strike, since both have one name. The second one's ports and protocols go to the first instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, Callable, Optional

from ideolab_f2b.actions import options
from ideolab_f2b.actions.ban.hooks import Hooks, Method

_SHIM = "ideolab-ban.py"


def join(
    hooks: Hooks,
    actions: Any,
    name: str,
    given: Callable[[], Mapping[str, Any]],
    reload: Callable[..., None],
) -> None:
    """Let a second action of this name become part of the first; `given` are the options of the first."""

    def around(original: Method) -> Method:
        def add(
            named: str,
            pythonModule: Optional[str] = None,
            initOpts: Optional[Mapping[str, Any]] = None,
            reload: bool = False,
        ) -> Any:
            more = initOpts or {}
            if named == name and pythonModule is not None and PurePath(pythonModule).name == _SHIM:
                if not reload:
                    return change(**options.merge(given(), more))
                # those of the first are taken over at the end of the reload
                first = getattr(actions, "_reload_actions", {}).get(name)
                more = more if first is None else options.merge(first, more)
            return original(named, pythonModule, more or initOpts, reload=reload)

        return add

    change = reload
    hooks.wrap(actions, "add", around)
