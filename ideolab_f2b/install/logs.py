"""The logs of a host, from the table in places.py: their steps, and the files that keep and rotate them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from ideolab_f2b.config import Paths
from ideolab_f2b.install.steps.log import Log
from ideolab_f2b.places import LOGS, USER, PackLog, logs


def steps(paths: Paths, web_group: Optional[str]) -> list[Log]:
    """Return a step for each log; `web_group` is the group of the site, None without --django."""
    return [
        Log(str(log.path(paths)), USER, log.group(web_group), log.mode(web_group), log.is_import)
        for log in logs(web_group)
    ]


def fill_tmpfiles(text: str, paths: Paths, web_group: Optional[str]) -> str:
    """Put the lines of the logs into deploy/tmpfiles.d/ideolab-f2b.conf."""
    lines = [f"f {log.path} {log.mode:04o} {log.user} {log.group} -" for log in steps(paths, web_group)]
    return text.replace("@LOGS@", "\n".join(lines))


def fill_rotation(text: str, paths: Paths, web_group: Optional[str]) -> str:
    """Put the logs into deploy/logrotate.d/ideolab-f2b; `su` must name the group of `create` too."""
    sites = [log for log in LOGS if log.is_site]
    words = {
        "@OWN_LOGS@": _names((log for log in LOGS if not log.is_site and not log.is_import), paths),
        "@IMPORTED_LOGS@": _names((log for log in LOGS if log.is_import), paths),
        "@SITE_LOGS@": _names(sites, paths),
        "@GROUP@": sites[0].group(web_group),
        "@MODE@": f"{sites[0].mode(web_group):04o}",
    }
    for word, value in words.items():
        text = text.replace(word, value)
    return text


def _names(found: Iterable[PackLog], paths: Paths) -> str:
    return "\n".join(str(log.path(paths)) for log in found)
