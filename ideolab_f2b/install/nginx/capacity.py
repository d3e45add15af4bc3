"""Writes down how many connections nginx can hold: connmon, which is not root, cannot ask it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

from ideolab_f2b.connmon.pressure import workers
from ideolab_f2b.connmon.pressure.capacity import change_time
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.nginx import host
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.places import NGINX_CAPACITY


def find(site: Site) -> list[File]:
    """Return the file to place, with --nginx and without; [] where there is no nginx that can be asked."""
    if not site.is_live or os.geteuid() != 0 or not host.is_there():
        return []
    try:
        return make(host.dump(), os.cpu_count())
    except InstallError:
        # who does not want the files for nginx installs with any nginx
        return keep_earlier(Path(NGINX_CAPACITY))


def keep_earlier(path: Path) -> list[File]:
    """Return the file as an earlier install wrote it, which an nginx that is broken now takes from nobody."""
    try:
        text = path.read_bytes()
    except OSError:
        return []
    return [File(NGINX_CAPACITY, text)] if workers.parse_record(text.decode("utf-8", "replace")) else []


def make(dump: str, cpus: Optional[int]) -> list[File]:
    """Return the file for the text of `nginx -T`."""
    found = workers.parse_dump(dump, cpus or 1)
    if found is None:
        return []
    found = found._replace(changed=change_time(found.config))
    return [File(NGINX_CAPACITY, workers.format_record(found).encode())]
