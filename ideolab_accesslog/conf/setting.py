"""One setting as a value: its name, type, default and purpose."""

from __future__ import annotations

from typing import Any, NamedTuple

from ideolab_accesslog.setting_types import SettingType


class Setting(NamedTuple):
    """One setting; `help` is Markdown without a full stop, for the cell of a table."""

    name: str
    type: SettingType
    default: Any
    help: str
