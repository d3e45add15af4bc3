"""The logs that a Django site writes: they belong to its group, only where that was asked for."""

from __future__ import annotations

import grp
import pwd
import re
from typing import Optional

from ideolab_f2b.config import Paths
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps.log import MODE, Log
from ideolab_f2b.places import LOG_GROUP, USER

#: the group may write, but neither rename nor delete: the directory stays ours
SHARED_MODE = 0o660
ROTATION = "/etc/logrotate.d/ideolab-f2b"
_NAME = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_SHARED = re.compile(rf"create 0660 {USER} ({_NAME.pattern})$", re.M)
#: the last part of the file, which rotates what the site writes
_PART = re.compile(r"^\S+/manual\.log [^{]*\{.*?^\}", re.M | re.S)


def group(site: Site, asked: Optional[str]) -> Optional[str]:
    """Whose group writes: of who is asked for, or as an earlier install had it; None: no site does."""
    if asked is None:
        return _earlier(site)
    if not _NAME.fullmatch(asked):
        raise InstallError(f"--django {asked}: this is not the name of a user")
    if not site.is_live:
        return asked
    try:
        return grp.getgrgid(pwd.getpwnam(asked).pw_gid).gr_name
    except KeyError as error:
        raise InstallError(f"--django {asked}: there is no such user, or it has no group") from error


def _earlier(site: Site) -> Optional[str]:
    path = site.at(ROTATION)
    if ROTATION not in site.earlier or not path.exists():
        return None
    found = _SHARED.search(path.read_text("utf-8", "replace"))
    return found[1] if found else None


def logs(paths: Paths, group: Optional[str]) -> list[Log]:
    """The logs that a site writes: manual.log on every host, traship.log only with --django."""
    if group is None:
        return [Log(str(paths.manual_log), USER, LOG_GROUP, MODE)]
    return [Log(str(path), USER, group, SHARED_MODE) for path in (paths.manual_log, paths.traship_log)]


def share_rotation(text: str, group: Optional[str]) -> str:
    """Make logrotate create the site's new logs with its group; `su` must name that group too."""
    if group is None:
        return text

    def shared(found: re.Match[str]) -> str:
        part = found[0].replace(f"su {USER} {LOG_GROUP}", f"su {USER} {group}")
        return part.replace(f"create 0640 {USER} {LOG_GROUP}", f"create 0660 {USER} {group}")

    return _PART.sub(shared, text)
