"""Checks the logs that an option of the install brings: nginx's, and those that a Django site writes."""

from __future__ import annotations

import grp
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Optional

from ideolab_f2b import manifest
from ideolab_f2b.check.files import judge_log, read_stat
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.manifest import InstallOptions
from ideolab_f2b.places import LOGS, WITH_NGINX

#: a user id that owns nothing of a web server: only the group counts
_NOBODY = 65534
#: seconds; a dead network disk must not hold the check
_PATIENCE_S = 10.0


def optional_logs(settings: Settings, path: Path = manifest.PATH) -> Iterator[Verdict]:
    """Check the logs of --nginx and --django; whether they were asked for stands in the manifest."""
    try:
        found = manifest.load(path)
    except (PermissionError, manifest.ManifestError) as error:
        # the check `files` says what a broken one needs
        yield unknown("log of a site", str(error))
        return
    options = (found and found.options) or InstallOptions()
    for log in LOGS:
        if log.option == WITH_NGINX and options.nginx:
            yield judge_log(log.path(settings.paths), read_stat(log.path(settings.paths)))
    if options.web_group:
        yield from site_logs(settings, options.web_group)


def site_logs(
    settings: Settings, group: str, can_append: Optional[Callable[[Path, int], bool]] = None
) -> Iterator[Verdict]:
    """Check that a process of the site's group can write each log of the site; tried, not reckoned."""
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        yield wrong(
            "log of a site", f"there is no group {group} any more", "ideolab-f2b install --django USER"
        )
        return
    for log in LOGS:
        if log.is_site:
            path = log.path(settings.paths)
            yield judge_site_log(path, group, (can_append or can_write)(path, gid))


def judge_site_log(path: Path, group: str, is_writable: bool) -> Verdict:
    """Return the verdict on a log that a site writes. Pure."""
    check = f"site {path.name}"
    if is_writable:
        return ok(check, f"a process of the group {group} can write {path}")
    return wrong(
        check, f"no process of the group {group} can write {path}: the site's bans and offences are lost",
        f"ideolab-f2b install; if that does not help: namei -l {path}",
    )  # fmt: skip


def can_write(path: Path, gid: int) -> bool:
    """Return whether a process that has only this group can write the regular file. It writes nothing."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        # access(2) knows about access lists, directories on the way and a disk that is read-only
        words = ["/usr/bin/test", "-w", str(path)]
        done = subprocess.run(
            words, user=_NOBODY, group=gid, extra_groups=[], timeout=_PATIENCE_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
