"""Checks the logs that an option of the install brings: those of nginx, and those of a Django site."""

from __future__ import annotations

import grp
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, Optional

from ideolab_f2b import manifest
from ideolab_f2b.check.files import judge_log, read_stat
from ideolab_f2b.check.verdict import Verdict, ok, unknown, wrong
from ideolab_f2b.config import Settings
from ideolab_f2b.manifest import InstallOptions
from ideolab_f2b.places import LOGS, WITH_NGINX, PackLog

#: a user id that owns nothing of a web server: only the group counts
_NOBODY = 65534
#: seconds; a dead network disk must not hold the check
_PATIENCE_S = 10.0


class LogAccess(NamedTuple):
    """What a site does with a log: the option of test(1), the verb, and what is lost when it cannot."""

    option: str
    verb: str
    loss: str


READ = LogAccess("-r", "read", "the site's security dashboard is empty")
WRITE = LogAccess("-w", "write", "the site's bans and offences are lost")


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
    settings: Settings, group: str, can: Optional[Callable[[Path, int, LogAccess], bool]] = None
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
        path, way = log.path(settings.paths), _find_access(log)
        if way is not None:
            yield judge_site_log(path, group, way, (can or is_allowed)(path, gid, way))


def _find_access(log: PackLog) -> Optional[LogAccess]:
    """Return what a site does with a log; None for those that it leaves alone."""
    if log.is_site:
        return WRITE
    return READ if log.is_import else None


def judge_site_log(path: Path, group: str, way: LogAccess, is_possible: bool) -> Verdict:
    """Return the verdict on a log that a site reads or writes. Pure."""
    check = f"site {path.name}"
    if is_possible:
        return ok(check, f"a process of the group {group} can {way.verb} {path}")
    return wrong(
        check, f"no process of the group {group} can {way.verb} {path}: {way.loss}",
        f"ideolab-f2b install; if that does not help: namei -l {path}",
    )  # fmt: skip


def is_allowed(path: Path, gid: int, way: LogAccess) -> bool:
    """Return whether a process with only this group can READ or WRITE the regular file; it does neither."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return False
        # access(2) knows about access lists, directories on the way and a disk that is read-only
        words = ["/usr/bin/test", way.option, str(path)]
        done = subprocess.run(
            words, user=_NOBODY, group=gid, extra_groups=[], timeout=_PATIENCE_S, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
