"""The drop-in for a hardened unit of fail2ban: what our actions need beside what the unit allows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ideolab_f2b.install.site import Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.places import FAIL2BAN_DROP_IN

_UNIT = "fail2ban.service"
#: in the order in which systemd looks for a unit; all of them have drop-ins
_DIRECTORIES = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
_SOURCE = "deploy/hardened/fail2ban.conf"
_ASSIGNMENT = re.compile(r"^\s*(\w+)\s*=\s*(.*?)\s*$")
#: what restricts, and the setting of ours that then has to stand beside it
_NEEDED = {
    "ProtectSystem": "ReadWritePaths",
    "ReadOnlyPaths": "ReadWritePaths",
    "CapabilityBoundingSet": "CapabilityBoundingSet",
    "RestrictAddressFamilies": "RestrictAddressFamilies",
}


def find(site: Site) -> frozenset[str]:
    """Return the settings that fail2ban's unit needs of ours, from its files and drop-ins without ours."""
    return decide(_read(site))


def _read(site: Site) -> Iterator[str]:
    units = [site.at(f"{directory}/{_UNIT}") for directory in _DIRECTORIES]
    found = [path for path in units if path.is_file()]
    drop_ins = [
        path
        for directory in _DIRECTORIES
        for name in ("service.d", f"{_UNIT}.d")
        for path in site.at(f"{directory}/{name}").glob("*.conf")
        if path != site.at(FAIL2BAN_DROP_IN)
    ]
    for path in (*found[:1], *sorted(drop_ins, key=lambda one: one.name)):
        yield from path.read_text(errors="replace").replace("\\\n", " ").splitlines()


def decide(lines: Iterable[str]) -> frozenset[str]:
    """Return which settings of ours a unit needs. Pure.

    ReadWritePaths= and CapabilityBoundingSet= in a unit that restricts nothing would restrict it themselves.
    """
    values: dict[str, str] = {}
    for line in lines:
        found = _ASSIGNMENT.match(line)
        if found and found[1] in _NEEDED:
            # an empty one takes back those before it
            values[found[1]] = found[2]
    if values.get("ProtectSystem", "") != "strict":
        values.pop("ProtectSystem", None)
    return frozenset(_NEEDED[name] for name, value in values.items() if value)


def render(source: Source, settings: frozenset[str]) -> str:
    """Return the drop-in with these settings: a paragraph for each; "" where there are none."""
    head, *paragraphs = source.read(_SOURCE).decode().rstrip("\n").split("\n\n")
    kept = [one for one in paragraphs if not settings.isdisjoint(_names(one))]
    return "\n\n".join([head, *kept]) + "\n" if kept else ""


def _names(paragraph: str) -> Iterator[str]:
    for line in paragraph.splitlines():
        found = _ASSIGNMENT.match(line)
        if found:
            yield found[1]
