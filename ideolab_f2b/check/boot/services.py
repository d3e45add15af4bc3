"""Checks that the services start with this host, whatever its init is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Optional

from ideolab_f2b.check.boot import systemctl
from ideolab_f2b.check.services import is_asked, is_opener_asked
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.manifest import ManifestError
from ideolab_f2b.places import (
    INTAKE,
    JAIL_LOCAL,
    NETNS,
    SERVICE,
    find_compose,
    runs_systemd,
)

FAIL2BAN = "fail2ban"


def boot(_settings: Settings) -> Iterator[Verdict]:
    """Check each service that this host is to have."""
    if find_compose():
        what = "what starts the containers of the pack with this host is not seen from inside"
        yield unknown("boot", what, "on the host: systemctl is-enabled docker; and restart: in compose.yaml")
        return
    names = [FAIL2BAN, SERVICE, *([INTAKE] if is_asked(Path(JAIL_LOCAL)) else []), *_find_opener()]
    if runs_systemd():
        states = systemctl.ask_systemd([*names, f"{SERVICE}.timer"])
        yield from (judge_unit(name, states) for name in names)
    else:
        yield from (judge_script(name, find_links(name)) for name in names)


def _find_opener() -> list[str]:
    try:
        return [NETNS] if is_opener_asked() else []
    except (OSError, ManifestError):
        # the check of the opener says so
        return []


def judge_unit(name: str, states: Optional[Mapping[str, str]]) -> Verdict:
    """Return the verdict on a service of systemd's; connmon may be started by its timer. Pure."""
    check, mend = f"boot {name}", f"systemctl enable {name}"
    if states is None:
        return unknown(check, "systemctl does not say what starts with this host")
    for unit in (f"{name}.service", f"{name}.timer"):
        if states.get(unit) in systemctl.ENABLED:
            return ok(check, f"{unit} starts with this host")
    state = states.get(f"{name}.service", "")
    if state == "masked":
        return wrong(check, "is masked: it does not start with this host", f"systemctl unmask {name}; {mend}")
    if state == "generated":
        return judge_script(name, find_links(name))
    return wrong(check, f"does not start with this host ({state or 'it has no unit'})", mend)


def find_links(name: str, etc: Path = Path("/etc")) -> Optional[list[str]]:
    """Return what starts an init script at a boot; None where this host has no place for that."""
    places = [*etc.glob("rc[2-5].d"), *etc.glob("runlevels/*")]
    if not places:
        return None
    links = [*etc.glob(f"rc[S2-5].d/S[0-9][0-9]{name}"), *etc.glob(f"runlevels/*/{name}")]
    # a link to a script that is gone starts nothing
    return [str(link) for link in sorted(links) if link.exists()]


def judge_script(name: str, links: Optional[Collection[str]]) -> Verdict:
    """Return the verdict on an init script from the links that start it. Pure."""
    check = f"boot {name}"
    if links is None:
        return unknown(check, "what starts with this host is not known: it has no runlevels", "ask its init")
    if not links:
        mend = f"update-rc.d {name} defaults (OpenRC: rc-update add {name})"
        return wrong(check, "does not start with this host", mend)
    return ok(check, f"{next(iter(links))} starts it with this host")
