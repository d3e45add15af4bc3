"""Installs the pack: plan, try, put in place, start; after an error the host is as it was before."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ideolab_f2b import __version__, config, fail2ban_client, fail2ban_config, manifest
from ideolab_f2b.config import Settings
from ideolab_f2b.fail2ban_config import OldName
from ideolab_f2b.firewall.saved import rules as saved
from ideolab_f2b.install import options, source, sudoers
from ideolab_f2b.install.errors import InstallError
from ideolab_f2b.install.host import Host, lack, probe
from ideolab_f2b.install.nginx import capacity as nginx_capacity
from ideolab_f2b.install.nginx import files as nginx_files
from ideolab_f2b.install.nginx import host as nginx
from ideolab_f2b.install.options import InstallRequest
from ideolab_f2b.install.place import PlannedStep, Say, Transaction, line, obsolete, preview, remove
from ideolab_f2b.install.plan import plan, setting
from ideolab_f2b.install.services import live
from ideolab_f2b.install.site import KEPT, REMOVED, Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps import user
from ideolab_f2b.install.steps.block import edited_block, find
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.steps.tree import Tree
from ideolab_f2b.install.trial import examine
from ideolab_f2b.install.trial.examine import Examination
from ideolab_f2b.manifest import Entry, InstallOptions, Manifest
from ideolab_f2b.places import DJANGO_JAILS, FAIL2BAN, JAIL_LOCAL, JAILS, NGINX_JAILS, USER

_UNDONE = "Everything is as it was before."
#: errors whose text says enough; any other is a fault of the installer
_EXPECTED = (OSError, InstallError, fail2ban_client.ClientError, KeyboardInterrupt)


@dataclass(frozen=True)
class Installation:
    """All that is decided before anything is put in place."""

    site: Site
    host: Host
    earlier: Manifest
    manifest_path: Path
    planned: list[PlannedStep]
    messages: list[str]
    options: InstallOptions
    is_live: bool


def install(root: Path, request: InstallRequest, say: Say) -> list[str]:
    """Install below `root`; InstallError when that was not possible, and nothing is installed then.

    Returns what of an earlier version could not be removed, and why.
    """
    if not request.is_dry_run:
        root.mkdir(parents=True, exist_ok=True)
        if root == Path("/") and os.geteuid() != 0:
            raise InstallError("only root can install: sudo scripts/install")
    try:
        decided = _decide(root, request)
    except fail2ban_client.ClientError as error:
        raise InstallError(f"fail2ban-client failed: {error}") from error
    except OSError as error:
        # a link that leads to where others can write, a file that nobody can read
        raise InstallError(str(error)) from error
    for text in decided.messages:
        say(text)
    if request.is_dry_run:
        for one in decided.planned:
            say(str(one))
        for entry in obsolete(decided.planned, decided.site):
            say(line(REMOVED, entry.path))
        return []
    return _place(decided, say)


def _decide(root: Path, request: InstallRequest) -> Installation:
    path = manifest.below(root)
    earlier = manifest.load(path) or Manifest()
    site = Site(root, earlier.by_path())
    found, host = source.find(), probe(site, is_image=not request.is_started)
    _require_host(host, request, site)
    wanted = options.decide(request, earlier, site)
    web = nginx.find(site, is_asked=request.has_nginx) if wanted.nginx else None
    nginx_user = web.user if web else ""
    settings = _settings(site, found, nginx_user)
    user.require_group(site, USER)
    _require_unused(options.read(earlier, site), wanted, site)
    if wanted.sudo_for:
        sudoers.require_valid(sudoers.step(found, wanted.sudo_for))
    jails = {**JAILS, **(NGINX_JAILS if web else {}), **(DJANGO_JAILS if wanted.web_group else {})}
    examination = _examine(found, host, settings, site, jails)
    steps = plan(
        found, host, settings, examination.block,
        has_intake=wanted.nginx, sudo_for=wanted.sudo_for, web_group=wanted.web_group, nginx_user=nginx_user,
    )  # fmt: skip
    return Installation(
        site,
        host,
        earlier,
        path,
        preview([*steps, *nginx_capacity.find(site), *(nginx_files.files(found, web) if web else ())], site),
        [
            *examination.messages,
            *(nginx_files.messages(web, settings.intake.senders) if web else ()),
            *options.messages(request, earlier, wanted, site),
            *(f"{old}; {old.mend}" for old in _find_old_names(site)),
            *(_find_unloadable(host) if site.is_live else ()),
        ],
        wanted,
        is_live=site.is_live and request.is_started,
    )


def _require_host(host: Host, request: InstallRequest, site: Site) -> None:
    """Raise InstallError on a host that would end with half a pack; a dry run only says what is missing."""
    if not site.is_live or request.is_dry_run:
        return
    if lack(host):
        raise InstallError(lack(host))
    if request.is_started and not host.boots_daemons:
        raise InstallError(
            "neither systemd nor update-rc.d is here, so nothing would start the daemons of the pack at the"
            " next boot: `install --no-start` places the files, and how this host starts programs is yours"
        )


def _require_unused(was: InstallOptions, wanted: InstallOptions, site: Site) -> None:
    """Raise InstallError when the admin's files still use what an option that ends has brought."""
    ends_nginx = was.nginx and not wanted.nginx
    jails = {
        **(NGINX_JAILS if ends_nginx else {}),
        **(DJANGO_JAILS if was.web_group and not wanted.web_group else {}),
    }
    block = edited_block(site, JAIL_LOCAL) or b""
    used = [jail for jail in jails if f"[{jail}]".encode() in block]
    if used:
        raise InstallError(
            f"our block in {JAIL_LOCAL}, which you have changed, still has {', '.join(used)}: delete these"
            " sections, then install again"
        )
    refusal = nginx.refusal() if ends_nginx and site.is_live else ""
    if refusal:
        raise InstallError(refusal)


def _find_unloadable(host: Host) -> Iterator[str]:
    """Yield what is to be said of each saved firewall that does not load at a boot as it is."""
    for one in saved.find().rules:
        if one.is_table:
            yield f"{one.path} holds our table: nft loads nothing of it while fail2ban runs; {one.mend}"
        elif one.by_nft:
            yield f"{one.path} holds our rule as nft shows it: nft loads nothing of it at a boot; {one.mend}"
        elif not host.boots_daemons:
            yield (
                f"{one.path} holds our rule: at a boot run `ideolab-f2b ban-list` before it is loaded, else"
                f" nothing of it is; or {one.mend}"
            )


def _find_old_names(site: Site) -> Iterator[OldName]:
    has_edited = edited_block(site, JAIL_LOCAL) is not None
    return fail2ban_config.find_old_names(site.at(str(FAIL2BAN)), without_block=not has_edited)


def _settings(site: Site, found: Source, nginx_user: str) -> Settings:
    """Return the settings that f2b.conf will have after this run."""
    step = File(str(config.DEFAULT_PATH), setting(found, nginx_user), is_setting=True)
    if step.verb(site) == KEPT:
        return config.load(site.leads_to(step.path))
    return config.parse(step.content.decode(), config.DEFAULT_PATH)


def _examine(
    found: Source, host: Host, settings: Settings, site: Site, jails: Mapping[str, str]
) -> Examination:
    local = find(site, JAIL_LOCAL)
    if not site.is_live or os.geteuid() != 0:
        return examine.assume(settings, local, jails)
    if lack(host):
        # a dry run; an install tries it before anything is changed
        assumed = examine.assume(settings, local, jails)
        told = f"{lack(host)}. The configuration cannot be tried without them; an install tries it first"
        return assumed._replace(messages=(told, *assumed.messages))
    etc = site.at(str(FAIL2BAN))
    return examine.examine(found, host, settings, etc, edited_block(site, JAIL_LOCAL), jails)


def _place(decided: Installation, say: Say) -> list[str]:
    """Put all steps in place and start the services; the manifest first, so that uninstall knows of them."""
    site, planned, earlier = decided.site, decided.planned, decided.earlier
    before = live.services(decided.host).state() if decided.is_live else {}
    leaving = obsolete(planned, site)
    services = earlier.services or before
    entries = tuple(one.entry for one in planned if one.entry is not None)
    done = Manifest(__version__, entries, services, decided.options)
    manifest.save(replace(done, entries=(*leaving, *entries)), decided.manifest_path)
    # what --no-start has written is in use from now on
    was_started = earlier.options is None or not earlier.options.no_start
    changed = {one.step.path for one in planned if one.verb != KEPT or not was_started}
    transaction = Transaction(site, say)
    try:
        transaction.put(planned)
        if decided.is_live:
            _start(decided, changed, say)
    except BaseException as error:
        _undo(decided, transaction, before, changed, say)
        if not isinstance(error, _EXPECTED):
            say(_UNDONE)
            raise
        raise InstallError(str(error) or "interrupted", _UNDONE) from error
    problems = _remove(decided, leaving, say)
    manifest.save(done, decided.manifest_path)
    for one in planned:
        if isinstance(one.step, Tree):
            one.step.commit(site)
    if decided.is_live and nginx_files.has_nginx_files((*changed, *(entry.path for entry in leaving))):
        problems += _reload_nginx(decided.options, say)
    if decided.is_live:
        say("now run `ideolab-f2b check`: it says whether everything works")
    return problems


def _remove(decided: Installation, leaving: list[Entry], say: Say) -> list[str]:
    """Remove what is not part of the pack any more; return what could not be removed and why."""
    ends_nginx = not decided.options.nginx and nginx_files.has_nginx_files(entry.path for entry in leaving)
    if decided.is_live and ends_nginx:
        live.stop_intake(decided.host)
    if decided.is_live and _had_opener(decided) and not decided.options.containers:
        live.stop_opener(decided.host)
    problems = remove(leaving, decided.site, say)
    for problem in problems:
        say(f"could not be removed: {problem}")
    return problems


def _had_opener(decided: Installation) -> bool:
    return bool(decided.earlier.options and decided.earlier.options.containers)


def _reload_nginx(wanted: InstallOptions, say: Say) -> list[str]:
    """Let nginx read its files, or go on without those of the pack; return why it cannot."""
    try:
        say(nginx.reload() if wanted.nginx else nginx.reload_without_ours())
    except InstallError as error:
        say(str(error))
        return [str(error)]
    return []


def _start(decided: Installation, changed: set[str], say: Say) -> None:
    if nginx_files.has_nginx_files(changed):
        nginx.test()
    wanted = decided.options
    for text in live.bring_up(decided.host, changed, has_intake=wanted.nginx, has_opener=wanted.containers):
        say(text)


def _undo(
    decided: Installation,
    transaction: Transaction,
    before: Mapping[str, bool],
    changed: Collection[str],
    say: Say,
) -> None:
    """Make the host as it was; `before` is what ran, {} when nothing was to be started."""
    had_connmon = bool(decided.earlier.services)
    if before and not had_connmon:
        live.stop_connmon(decided.host)
    if before and decided.options.nginx and not nginx_files.has_nginx_files(decided.site.earlier):
        live.stop_intake(decided.host)
    if before and decided.options.containers and not _had_opener(decided):
        live.stop_opener(decided.host)
    transaction.undo()
    if before:
        say(live.restore(decided.host, before, had_connmon=had_connmon, changed=changed))
    if decided.earlier.version:
        manifest.save(decided.earlier, decided.manifest_path)
    else:
        decided.manifest_path.unlink(missing_ok=True)
