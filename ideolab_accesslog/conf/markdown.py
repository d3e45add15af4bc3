"""Writes the settings as a Markdown table."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ideolab_accesslog.conf.rows import SETTINGS
from ideolab_accesslog.conf.setting import Setting


def reference(settings: Iterable[Setting] = SETTINGS) -> list[str]:
    """Return the lines of a Markdown table of settings: name, type, default, and what each is for."""
    rows = [
        (f"`{setting.name}`", setting.type.text, f"`{_literal(setting.default)}`", setting.help)
        for setting in settings
    ]
    heads = ["| setting | type | default | what it is for |", "|---|---|---|---|"]
    return [*heads, *(f"| {' | '.join(row)} |" for row in rows)]


def _literal(value: Any) -> str:
    """Return the value as Python with double quotes writes it."""
    return json.dumps(value) if isinstance(value, (str, list)) else repr(value)
