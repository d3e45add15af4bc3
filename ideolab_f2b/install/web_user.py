"""The user of a Django site: its group may write the logs of the site."""

from __future__ import annotations

import grp
import pwd

from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps.user import has_group
from ideolab_f2b.install.sudoers import USER_NAME


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
