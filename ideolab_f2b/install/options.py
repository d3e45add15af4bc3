"""The options of an install: those of this run, else those of the install before it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Optional

from ideolab_f2b.install import sudoers, web_user
from ideolab_f2b.install.nginx.files import has_nginx_files
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.sudoers import USER_NAME
from ideolab_f2b.manifest import InstallOptions, Manifest
from ideolab_f2b.places import SUDOERS

#: the user of an older install's rule, and the group of its logs
_RULE_USER = re.compile(rf"^({USER_NAME.pattern}) +ALL = \(root\) ", re.M)
_LOG_GROUP = re.compile(rf"create 0660 ideolab ({USER_NAME.pattern})$", re.M)
_ROTATION = "/etc/logrotate.d/ideolab-f2b"


@dataclass(frozen=True)
class InstallRequest:
    """What the admin asks for with the options of `install`."""

    has_nginx: bool = False
    sudo_for: Optional[str] = None
    django: Optional[str] = None
    is_started: bool = True
    is_dry_run: bool = False


def remember(earlier: Manifest, site: Site) -> InstallOptions:
    """Return the options of the install before this one; a sudo rule that the admin deleted stays deleted."""
    found = earlier.options or _read_files(site)
    if found.sudo_for and not site.at(SUDOERS).exists():
        found = found._replace(sudo_for=None)
    return found


def _read_files(site: Site) -> InstallOptions:
    """Return the options of a version that did not store them, from the files that it wrote."""
    return InstallOptions(
        nginx=has_nginx_files(site.earlier),
        sudo_for=_search(_RULE_USER, SUDOERS, site),
        web_group=_search(_LOG_GROUP, _ROTATION, site),
    )


def _search(pattern: re.Pattern[str], path: str, site: Site) -> Optional[str]:
    if path not in site.earlier or not site.at(path).exists():
        return None
    found = pattern.search(site.at(path).read_text("utf-8", "replace"))
    return found[1] if found else None


def decide(request: InstallRequest, earlier: Manifest, site: Site) -> InstallOptions:
    """Return the options that count in this run, and that the manifest stores; InstallError for a wrong one.

    `no_start` is stored and not followed: the next install starts the services unless it has --no-start too.
    """
    before, user, owner = remember(earlier, site), request.sudo_for, request.django
    return InstallOptions(
        nginx=request.has_nginx or before.nginx,
        sudo_for=before.sudo_for if user is None else sudoers.require_user(site, user),
        web_group=before.web_group if owner is None else web_user.group(site, owner),
        no_start=not request.is_started,
    )
