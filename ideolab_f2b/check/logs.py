"""Checks the logs that an option of the install brings: those of nginx, and those of a Django site."""

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
#: options of test(1)
READ, WRITE = "-r", "-w"


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
    settings: Settings, group: str, can: Optional[Callable[[Path, int, str], bool]] = None
) -> Iterator[Verdict]:
    """Check that the group of the site can write or read each log of the site; tried, not reckoned."""
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        yield wrong(
            "log of a site", f"there is no group {group} any more", "ideolab-f2b install --django USER"
        )
        return
    for log in LOGS:
        path = log.path(settings.paths)
        if log.is_site:
            yield judge_site_log(path, group, (can or is_allowed)(path, gid, WRITE))
        elif log.is_import:
            yield judge_imported_log(path, group, (can or is_allowed)(path, gid, READ))


def judge_imported_log(path: Path, group: str, is_readable: bool) -> Verdict:
    """Return the verdict on a log that a site imports. Pure."""
    check = f"site {path.name}"
    if is_readable:
        return ok(check, f"a process of the group {group} can read {path}")
    return wrong(
        check, f"no process of the group {group} can read {path}: the site's security dashboard is empty",
        f"ideolab-f2b install; if that does not help: namei -l {path}",
    )  # fmt: skip


def judge_site_log(path: Path, group: str, is_writable: bool) -> Verdict:
    """Return the verdict on a log that a site writes. Pure."""
    check = f"site {path.name}"
    if is_writable:
        return ok(check, f"a process of the group {group} can write {path}")
    return wrong(
        check, f"no process of the group {group} can write {path}: the site's bans and offences are lost",
        f"ideolab-f2b install; if that does not help: namei -l {path}",
    )  # fmt: skip


def is_allowed(path: Path, gid: int, way: str) -> bool:
    """Return whether a process with only this group can READ or WRITE the regular file; it does neither."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        # access(2) knows about access lists, directories on the way and a disk that is read-only
        words = ["/usr/bin/test", way, str(path)]
        done = subprocess.run(
            words, user=_NOBODY, group=gid, extra_groups=[], timeout=_PATIENCE_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
