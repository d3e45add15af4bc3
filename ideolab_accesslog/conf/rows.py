"""All settings in one list, and by name."""

from __future__ import annotations

from typing import Any

from ideolab_accesslog.conf.access_log import ACCESS_LOG
from ideolab_accesslog.conf.firewall import FIREWALL
from ideolab_accesslog.conf.scanners import SCANNERS

SETTINGS = (*ACCESS_LOG, *SCANNERS, *FIREWALL)
ROWS = {setting.name: setting for setting in SETTINGS}
DEFAULTS: dict[str, Any] = {setting.name: setting.default for setting in SETTINGS}
