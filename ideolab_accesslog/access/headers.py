"""Reads the headers of a request as text: a server or a middleware may have put something else there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: what is read of a request beside its headers
_OTHERS = frozenset({"CONTENT_TYPE", "SERVER_NAME", "SERVER_PORT"})


def as_text(value: Any) -> str:
    """Return a text as it is, bytes as WSGI decodes them, "" for None, and the text of anything else."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def read(meta: Mapping[str, Any], name: str, most: int) -> str:
    """Return the first `most` characters of a header; "" when there is none."""
    value = meta.get(name, "")
    return value[:most] if type(value) is str else as_text(value)[:most]


def read_all(meta: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the headers as texts, without those that are None; the mapping itself if all are texts."""
    # two steps: most values are texts, and a refused request must stay cheap
    others = [name for name, value in meta.items() if type(value) is not str]
    wrong = [name for name in others if name in _OTHERS or name[:5] == "HTTP_"]
    if not wrong:
        return meta
    texts = {name: as_text(meta[name]) for name in wrong if meta[name] is not None}
    return {**{name: value for name, value in meta.items() if name not in wrong}, **texts}
