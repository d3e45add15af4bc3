"""The logs that a Django site writes; with --django they belong to the site's group."""

from __future__ import annotations

import grp
import pwd
import re
from typing import Optional

from ideolab_f2b.config import Paths
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps.log import MODE, Log
from ideolab_f2b.install.steps.user import has_group
from ideolab_f2b.install.sudoers import USER_NAME
from ideolab_f2b.places import LOG_GROUP, USER

#: the group may write, but neither rename nor delete: the directory stays ours
SHARED_MODE = 0o660
#: the last part of the file, which rotates what the site writes
_PART = re.compile(r"^\S+/manual\.log [^{]*\{.*?^\}", re.M | re.S)


def group(site: Site, user: str) -> str:
    """Return the group of the user whose site writes the logs; in a staging directory the user's own name."""
    if not USER_NAME.fullmatch(user):
        raise InstallError(f"--django {user}: this is not the name of a user")
    if not site.is_live:
        return user
    try:
        return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name
    except KeyError as error:
        raise InstallError(f"--django {user}: there is no such user, or it has no group") from error


def require_group(site: Site, name: str) -> str:
    """Return the group that an earlier install has found; InstallError when it was removed since."""
    if site.is_live and not has_group(name):
        raise InstallError(
            f"there is no group {name} any more, whose site writes traship.log: --django USER names the user"
            " of the site anew, --no-django ends it"
        )
    return name


def logs(paths: Paths, group: Optional[str]) -> list[Log]:
    """Return the logs that a site writes: manual.log on every host, traship.log only with --django."""
    if group is None:
        return [Log(str(paths.manual_log), USER, LOG_GROUP, MODE)]
    return [Log(str(path), USER, group, SHARED_MODE) for path in paths.site_logs]


def share_rotation(text: str, group: Optional[str]) -> str:
    """Make logrotate create the site's new logs with its group; `su` must name that group too."""
    if group is None:
        return text

    def shared(found: re.Match[str]) -> str:
        part = found[0].replace(f"su {USER} {LOG_GROUP}", f"su {USER} {group}")
        return part.replace(f"create 0640 {USER} {LOG_GROUP}", f"create 0660 {USER} {group}")

    return _PART.sub(shared, text)
