"""The site's own log: whether what Django sees is written down."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from ideolab_accesslog.access import recorder
from ideolab_accesslog.conf import conf
from ideolab_accesslog.dashboard.sources.source import DashboardSource


def check_site() -> DashboardSource:
    """Return whether the site itself looks at requests and scanners."""
    label = _("The site's own log")
    missing = [name for name in ("ACCESSLOG_ENABLED", "TRASHIP_ENABLED") if not getattr(conf, name)]
    if missing:
        text = _("%(names)s is off: what Django sees is not written down. Set it to True.")
        return DashboardSource("site", label, "absent", None, text % {"names": ", ".join(missing)})
    if recorder.MIDDLEWARE not in settings.MIDDLEWARE:
        text = _("%(name)s is not in MIDDLEWARE: what Django sees is not written down. Add it.")
        return DashboardSource("site", label, "absent", None, text % {"name": recorder.MIDDLEWARE})
    if recorder.is_failing():
        text = _("The database refuses what the site writes down. The process's own log has the error.")
        return DashboardSource("site", label, "behind", None, text)
    return DashboardSource("site", label, "ok", None, _("Requests and offences are written down."))
