"""Brings all spellings of a path to one, so that no client avoids a rule by another spelling."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

#: characters that are looked at; a longer path does not avoid the rules, for they see its beginning
PATH_MAX = 2048
#: paths without any of these are what they seem to be
_UNUSUAL = re.compile(r"[%\\;\x00-\x20\x7f-\x9f]|//|/\.|\.(?:/|$)")
_ENCODED = re.compile(r"%(?:25)*(?:2e|2f|5c|00)|%%|%c0%a[ef]|%c1%9c|%e0%80%a[ef]|%u00[25]", re.I)
_OVERLONG = re.compile(
    r"%(?:25)*c0%(?:25)*a[ef]|%(?:25)*c1%(?:25)*9c|%(?:25)*e0%(?:25)*80%(?:25)*a[ef]", re.I
)
_WIDE = re.compile(r"%u00([0-9a-f]{2})", re.I)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PARAMETER = re.compile(r";[^/]*")
_SLASHES = re.compile(r"/{2,}")
_DECODABLE = re.compile(r"%(?:[0-9a-f]{2}|u00[0-9a-f]{2})", re.I)
#: dots and all white space, which other servers take off the end of a name
_PADDING = "." + "".join(filter(str.isspace, map(chr, range(0x3001))))
#: how often an encoding may be encoded again
_ROUNDS = 4


class NormalPath(NamedTuple):
    """The path in small letters, without tricks and without a slash at its end; `trick` names the one that
    no client plays by accident: `traversal`, `null-byte`, or "" for none."""

    text: str
    trick: str


def normalize(path: str) -> NormalPath:
    """Return the one spelling of `path`, which is Django's path_info: decoded once, without the query."""
    path = path[:PATH_MAX]
    if _UNUSUAL.search(path) is None:
        return NormalPath(path.lower().rstrip("/"), "")
    is_hidden = _ENCODED.search(path) is not None
    decoded = _decode(path)
    text = _PARAMETER.sub("", decoded.replace("\\", "/"))
    trick = "null-byte" if "\x00" in text or "\x00" in path else ""
    text, climbs = _remove_dots(_SLASHES.sub("/", _CONTROL.sub("", text)))
    if climbs or (is_hidden and ".." in decoded) or _OVERLONG.search(path):
        trick = "traversal"
    return NormalPath("/".join(map(_strip, text.split("/"))).lower().rstrip("/"), trick)


def _strip(segment: str) -> str:
    """Return the segment without white space around it, and without dots after it."""
    return segment.rstrip(_PADDING).lstrip() or segment.strip()


def _decode(text: str) -> str:
    for _ in range(_ROUNDS):
        if _DECODABLE.search(text) is None:
            break
        further = _WIDE.sub(lambda found: chr(int(found[1], 16)), unquote(text))
        text = further
    return text


def _remove_dots(text: str) -> tuple[str, bool]:
    """Return the path that is meant, and whether it climbs out of the site."""
    if "/." not in text:
        return text, False
    kept: list[str] = []
    climbs = False
    for segment in text.split("/")[1:]:
        if segment.strip() == "..":
            climbs = climbs or not kept
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept), climbs
