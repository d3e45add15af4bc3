"""The options of an install: those of this run, else those of the install before it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Optional

from ideolab_f2b import files
from ideolab_f2b.install import sudoers, web_user
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.nginx.files import has_nginx_files
from ideolab_f2b.install.place import line
from ideolab_f2b.install.site import KEPT, Site
from ideolab_f2b.install.sudoers import USER_NAME
from ideolab_f2b.manifest import InstallOptions, Manifest
from ideolab_f2b.places import NETNS, ROTATION, SUDOERS

#: the user of an older install's rule, and the group of its logs
_RULE_USER = re.compile(rf"^({USER_NAME.pattern}) +ALL = \(root\) ", re.M)
_LOG_GROUP = re.compile(rf"create 0660 ideolab ({USER_NAME.pattern})$", re.M)


@dataclass(frozen=True)
class InstallRequest:
    """What the admin asks for with the options of `install`.

    `withdrawn` has the names of InstallOptions that an earlier install was asked for and this one ends.
    """

    has_nginx: bool = False
    sudo_for: Optional[str] = None
    django: Optional[str] = None
    is_started: bool = True
    is_dry_run: bool = False
    withdrawn: frozenset[str] = frozenset()
    has_containers: bool = False


def read(earlier: Manifest, site: Site) -> InstallOptions:
    """Return the options of the install before this one, whatever the admin has deleted since."""
    return earlier.options or _read_files(site)


def remember(earlier: Manifest, site: Site) -> InstallOptions:
    """Return the options of the install before this one that still count.

    A sudo rule that the admin deleted stays deleted. The file of logrotate says which group the site has: one
    that the admin deleted, or took the group out of, ends --django.
    """
    found = read(earlier, site)
    if found.sudo_for and not site.at(SUDOERS).exists():
        found = found._replace(sudo_for=None)
    if found.web_group:
        found = found._replace(web_group=_search(_LOG_GROUP, ROTATION, site))
    return found


def _read_files(site: Site) -> InstallOptions:
    """Return the options of a version that did not store them, from the files that it wrote."""
    return InstallOptions(
        nginx=has_nginx_files(site.earlier),
        sudo_for=_search(_RULE_USER, SUDOERS, site),
        web_group=_search(_LOG_GROUP, ROTATION, site),
    )


def _search(pattern: re.Pattern[str], path: str, site: Site) -> Optional[str]:
    if path not in site.earlier or not site.at(path).exists():
        return None
    found = pattern.search(files.read(site.at(path)).decode("utf-8", "replace"))
    return found[1] if found else None


def decide(request: InstallRequest, earlier: Manifest, site: Site) -> InstallOptions:
    """Return the options that count in this run, and that the manifest stores; InstallError for a wrong one.

    `no_start` is not remembered: the next install starts the services unless it has --no-start too.
    """
    defaults: dict[str, Any] = InstallOptions._field_defaults
    before = remember(earlier, site)._replace(**{name: defaults[name] for name in request.withdrawn})
    return InstallOptions(
        nginx=request.has_nginx or before.nginx,
        sudo_for=_sudo_for(request, before, site),
        web_group=_web_group(request, before, site),
        no_start=not request.is_started,
        containers=request.has_containers or before.containers,
    )


def _sudo_for(request: InstallRequest, before: InstallOptions, site: Site) -> Optional[str]:
    if request.sudo_for is not None:
        return sudoers.require_user(site, request.sudo_for)
    if before.sudo_for is None:
        return None
    try:
        return sudoers.require_user(site, before.sudo_for)
    except InstallError as error:
        raise InstallError(
            f"{error}\nAn earlier install was asked for this rule; --no-sudo-for removes it."
        ) from error


def _web_group(request: InstallRequest, before: InstallOptions, site: Site) -> Optional[str]:
    if request.django is not None:
        return web_user.group(site, request.django)
    return before.web_group and web_user.require_group(site, before.web_group)


def messages(request: InstallRequest, earlier: Manifest, wanted: InstallOptions, site: Site) -> Iterator[str]:
    """Return what the admin may not expect, because this run was not asked for it."""
    if wanted.sudo_for and request.sudo_for is None:
        yield line(KEPT, f"the sudo rule for {wanted.sudo_for}", "--no-sudo-for removes it")
    if wanted.containers:
        way_out = "" if request.has_containers else "; --no-containers stops it"
        yield f"{NETNS} is to run: it opens sockets in the network namespaces of containers{way_out}"
    group = read(earlier, site).web_group
    if group and not wanted.web_group and "web_group" not in request.withdrawn:
        yield f"no --django any more: {ROTATION} has no line `create 0660 ideolab {group}`"
