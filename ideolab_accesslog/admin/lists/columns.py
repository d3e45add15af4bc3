"""What the cells of the lists look like: times with seconds, rounded durations, words in badges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Optional

from django.contrib import admin
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ideolab_accesslog.admin.ban_state import Badge, describe
from ideolab_accesslog.admin.days import to_local
from ideolab_accesslog.firewall import texts
from ideolab_accesslog.models import TrashIP

NOTHING = "-"
#: a method of a ModelAdmin that shows a row
Column = Callable[[Any, Any], str]
#: seconds of each unit of a ban's time, and how it is written
_UNITS: tuple[tuple[int, Callable[[], str]], ...] = (
    (86400, lambda: _("%(count)s d")),
    (3600, lambda: _("%(count)s h")),
    (60, lambda: _("%(count)s min")),
    (1, lambda: _("%(count)s s")),
)


def show_time(when: Optional[datetime]) -> str:
    """Return the time on the site's clock, with its seconds; the day can stand above it."""
    if when is None:
        return NOTHING
    local = to_local(when)
    shown: str = format_html(
        '<time class="ideolab-time" datetime="{}"><span>{}</span> <span>{}</span></time>',
        local.isoformat(),
        f"{local:%Y-%m-%d}",
        f"{local:%H:%M:%S}",
    )
    return shown


def show_duration(duration_ms: Optional[float]) -> str:
    """Return `0.6 ms`, `12 ms`, `1.2 s` or `61 s`, with the unit that fits."""
    if duration_ms is None:
        return NOTHING
    if duration_ms < 999.5:
        return f"{_format(duration_ms, 9.95)}\N{NO-BREAK SPACE}ms"
    return f"{_format(duration_ms / 1000, 9.95)}\N{NO-BREAK SPACE}s"


def _format(value: float, fine: float) -> str:
    """Return the number with one decimal below `fine`, with none above."""
    places = 1 if value < fine else 0
    # number_format() cuts off
    return str(number_format(round(value, places), places))


def show_span(seconds: Optional[int]) -> str:
    """Return the time of a ban in the largest unit that divides it."""
    if seconds is None:
        return str(_("permanent"))
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    return unit() % {"count": number_format(seconds // size)}


def show_text(text: str, most: int, kind: str = "path") -> str:
    """Return the beginning of a text that may break anywhere; the pointer shows the whole."""
    if text in ("", NOTHING):
        return NOTHING
    start = text if len(text) <= most else f"{text[: most - 1]}…"
    shown: str = format_html('<span class="ideolab-{}" title="{}">{}</span>', kind, text, start)
    return shown


def show_reply(text: str) -> str:
    """Return what the firewall, or this app about it, has said, in the reader's language."""
    return texts.translate(text) or NOTHING


def show_badges(badges: Iterable[Badge]) -> str:
    """Return words on a ground whose colour says how it is."""
    shown: str = format_html_join(
        " ",
        '<span class="ideolab-badge ideolab-badge-{}">{}</span>',
        ((one.kind, one.text) for one in badges),
    )
    return shown


def show_ban(row: Optional[TrashIP]) -> str:
    """Return the badges of an address; quiet words for one that is not banned, which is no news."""
    badges = show_badges(describe(row)) if row else ""
    if row and row.is_banned:
        return badges
    shown: str = format_html('<span class="ideolab-quiet">{}</span> {}', _("not banned"), badges)
    return shown


def show_number(label: Any, value: Any) -> str:
    """Return a number; on a narrow screen, where the columns have no heads, with its label."""
    shown: str = format_html('<span class="ideolab-label">{} </span>{}', label, number_format(value))
    return shown


def stack(first: str, *more: str) -> str:
    """Return lines of one cell: the first, and quieter ones below it; empty ones are left out."""
    quiet = format_html_join(
        "", '<div class="ideolab-below">{}</div>', ((one,) for one in more if one not in ("", NOTHING))
    )
    shown: str = format_html('<div class="ideolab-stack"><div>{}</div>{}</div>', first, quiet)
    return shown


def time_column(field: str, description: Any) -> Column:
    """Return a column that shows a time."""

    def column(_model_admin: Any, row: Any) -> str:
        return show_time(getattr(row, field))

    shown: Column = admin.display(column, description=description, ordering=field)
    return shown


def reply_column(field: str, description: Any) -> Column:
    """Return a column that shows a text of the firewall."""

    def column(_model_admin: Any, row: Any) -> str:
        return show_reply(getattr(row, field))

    shown: Column = admin.display(column, description=description, ordering=field)
    return shown


@admin.display(description=gettext_lazy("duration"), ordering="duration_ms")
def duration_column(_model_admin: Any, row: Any) -> str:
    """Return how long an answer or a call took."""
    return show_duration(row.duration_ms)
