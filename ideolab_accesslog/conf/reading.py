"""Reads the project's values of the settings, each once, and reads one anew when it changes."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any, Callable, TypeVar

from django.conf import settings as django_settings
from django.core.signals import setting_changed

from ideolab_accesslog.conf.rows import ROWS
from ideolab_accesslog.setting_types import UNDERSTOOD, Reading

logger = logging.getLogger("ideolab_accesslog")

_Made = TypeVar("_Made")
#: what became of the values that were read
_readings: dict[str, Reading] = {}
#: {setting of Django: our settings that name an entry of it}
_NAMING = {"CACHES": ("TRASHIP_CACHE",), "DATABASES": ("ACCESSLOG_DATABASE",)}
#: what is called when a setting changes
_drops: list[Callable[[], object]] = []


class Conf:
    """`conf.ACCESSLOG_ENABLED`: the project's value or the default; each is read once and kept."""

    def __getattr__(self, name: str) -> Any:
        if name not in ROWS:
            raise AttributeError(f"{name} is no setting of ideolab_accesslog; see docs/settings.md")
        found = read(name)
        for fault in found.faults:
            if fault.kind not in UNDERSTOOD:
                # a server runs no system checks
                logger.error("%s %s: %s", name, fault.text, fault.hint)
        self.__dict__[name] = found.value
        return found.value


conf = Conf()


def read(name: str) -> Reading:
    """Return what became of the project's value; it is read once, for a generator gives its values once."""
    found = _readings.get(name)
    if found is None:
        row = ROWS[name]
        written = getattr(django_settings, name, row.default)
        try:
            found = row.type.read(written, row.default)
        except Exception:
            # the setting of Django that it names is itself a mistake
            found = row.type.read_nothing(written, row.default)
        _readings[name] = found
    return found


def cached(function: Callable[[], _Made]) -> Callable[[], _Made]:
    """Return `function` with a cache that holds its result until a setting changes."""
    kept = lru_cache(maxsize=1)(function)
    drop_on_change(kept.cache_clear)
    return kept


def drop_on_change(drop: Callable[[], object]) -> None:
    """Call `drop` whenever a setting changes; it empties a cache."""
    _drops.append(drop)


def _forget(*, setting: str, **_others: Any) -> None:
    """Read a setting anew after override_settings changed it."""
    # an alias is one of a cache that exists now
    for name in (setting, *_NAMING.get(setting, ())):
        conf.__dict__.pop(name, None)
        _readings.pop(name, None)
    for drop in _drops:
        drop()


setting_changed.connect(_forget)
