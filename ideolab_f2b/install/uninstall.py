"""Uninstalls the pack: services, bans, rules, sets, files and user; restores what stood there before."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import ideolab_f2b
from ideolab_f2b import config, fail2ban_client, manifest
from ideolab_f2b.install import unban_all
from ideolab_f2b.install.errors import InstallError, TrialError
from ideolab_f2b.install.host import Host, probe
from ideolab_f2b.install.nginx import host as nginx
from ideolab_f2b.install.nginx.files import has_nginx_files
from ideolab_f2b.install.place import Say, line, removal, remove
from ideolab_f2b.install.services import live
from ideolab_f2b.install.site import REMOVED, Site
from ideolab_f2b.install.steps import block, directory
from ideolab_f2b.install.trial import trial
from ideolab_f2b.install.trial.configuration import copy_configuration
from ideolab_f2b.manifest import Entry, Manifest
from ideolab_f2b.places import FAIL2BAN, NETNS_RUN, NEVER_BAN, RUN, install_command

_WAY_OUT = (
    f"correct that in /etc/fail2ban; for sshd: {install_command('rsyslog')}, or with python3-systemd write"
    " backend = systemd below [sshd] in /etc/fail2ban/jail.local"
)


@dataclass(frozen=True)
class UninstallRequest:
    """What the admin asks for with the options of `uninstall`."""

    keep_config: bool = False
    keep_logs: bool = False
    is_forced: bool = False
    is_dry_run: bool = False


def uninstall(root: Path, request: UninstallRequest, say: Say) -> list[str]:
    """Uninstall below `root`; return what is left and why. InstallError: refused, and nothing was changed."""
    path = manifest.below(root)
    found = manifest.load(path)
    if found is None:
        say(f"nothing is installed: there is no {path}")
        return []
    site = Site(root, found.by_path())
    leaving = [entry for entry in reversed(found.entries) if not _is_kept(entry, request)]
    if request.is_dry_run:
        for entry in leaving:
            say(removal(REMOVED, entry, _note(entry, site)))
        told = unban_all.tell_saved_rules() if site.is_live else ""
        if told:
            say(told)
        return []
    if site.is_live and os.geteuid() != 0:
        raise InstallError("only root can uninstall: sudo scripts/install --uninstall")
    if site.is_live:
        problems = _uninstall_live(site, found, leaving, say, is_forced=request.is_forced)
    else:
        problems = remove(leaving, site, say)
    path.unlink()
    # only now the directories that held the manifest are empty
    for entry in leaving:
        if entry.kind == "directory":
            directory.remove(entry, site)
    return problems


def _is_kept(entry: Entry, request: UninstallRequest) -> bool:
    settings = (str(config.DEFAULT_PATH), str(config.DEFAULT_PATH.parent), NEVER_BAN)
    if request.keep_config and entry.path in settings:
        return True
    is_log = entry.kind == "log" or (entry.kind == "whole" and "/log/" in entry.path)
    return request.keep_logs and is_log


def _note(entry: Entry, site: Site) -> str:
    now = manifest.digest(entry.kind, site.at(entry.path))
    if now is None or now == entry.digest or entry.kind not in ("file", "block"):
        return ""
    is_setting = entry.path in (str(config.DEFAULT_PATH), NEVER_BAN)
    return "changed since; --keep-config keeps it" if is_setting else "changed since"


def _uninstall_live(
    site: Site, found: Manifest, leaving: list[Entry], say: Say, *, is_forced: bool
) -> list[str]:
    host, stays = probe(site), found.services.get("fail2ban_active", True) and fail2ban_client.is_up()
    has_nginx = has_nginx_files(entry.path for entry in leaving)
    is_enabled = found.services.get("fail2ban_enabled", True)
    problem = _refusal(site, leaving) if stays or is_enabled else ""
    refusals = [
        _block_refusal(site, leaving),
        f"{problem}\n{_WAY_OUT}" if problem and stays else "",
        nginx.refusal() if has_nginx else "",
        unban_all.tell_saved_rules(),
    ]
    if any(refusals) and not is_forced:
        raise InstallError(
            "\n".join(filter(None, refusals)),
            "Nothing was changed (--force uninstalls all the same).",
        )
    problems = [
        *_attempt("connmon", live.services(host).stop_connmon),
        *_attempt("intake", live.services(host).stop_intake),
        *_attempt("opener", live.services(host).stop_opener),
        *_attempt("timers", live.services(host).stop_timers),
        *_attempt("jails", lambda: unban_all.stop_jails(say)),
        # a program that runs from the tree, such as this one, has all its modules loaded by now
        *remove((entry for entry in leaving if entry.kind != "user"), site, say),
        *_attempt("fail2ban", lambda: _leave_fail2ban(host, found, say, stays=stays)),
        *(_attempt("nginx", lambda: say(nginx.reload_without_ours())) if has_nginx else ()),
        *_attempt("rules", lambda: unban_all.drop_rules(say)),
        # before the sets: a rule that asks an emptied list of allowed countries would let nobody in
        *_attempt("country list", lambda: unban_all.drop_country_list(say)),
        *_attempt("sets", lambda: unban_all.drop_sets(say)),
        *_attempt("saved rules", unban_all.require_no_saved_rule),
        *_attempt(RUN, lambda: _remove_run(say)),
        *_attempt(NETNS_RUN, lambda: _remove_run(say, Path(NETNS_RUN))),
        *_attempt("services", live.services(host).forget),
        *remove((entry for entry in leaving if entry.kind == "user"), site, say),
    ]
    if problem:
        say(f"{problem}\nThat is so at the next boot too: {_WAY_OUT}")
    return problems


def _remove_run(say: Say, run: Path = Path(RUN)) -> None:
    """Remove the directory of the socket, which systemd has kept and sysvinit never removes."""
    if run.is_dir() and not run.is_symlink():
        shutil.rmtree(run)
        say(line(REMOVED, str(run)))


def _attempt(name: str, action: Callable[[], object]) -> list[str]:
    """Run one part of the uninstall; an error of it does not stop the others."""
    try:
        action()
    except (OSError, RuntimeError) as error:
        return [f"{name}: {error}"]
    return []


def _refusal(site: Site, leaving: list[Entry]) -> str:
    """Return why fail2ban would not start with what is left, such as an admin's jail with our filter."""
    try:
        with copy_configuration() as copy:
            _try_without_ours(copy, leaving)
    except TrialError as error:
        return f"fail2ban would not start any more: {error}"
    return ""


def _block_refusal(site: Site, leaving: list[Entry]) -> str:
    """Return why our block cannot be taken out of jail.local, such as a link to a read-only file; or ""."""
    try:
        for entry in leaving:
            if entry.kind == "block":
                block.require_writable(site, entry.path)
    except (OSError, InstallError) as error:
        return str(error)
    return ""


def _try_without_ours(copy: Path, leaving: list[Entry]) -> None:
    config_copy = copy / "config"
    trial.take_ours_out(config_copy)
    for entry in leaving:
        if entry.kind == "file" and FAIL2BAN in Path(entry.path).parents:
            (config_copy / Path(entry.path).relative_to(FAIL2BAN)).unlink(missing_ok=True)
    trial.try_out(copy, Path(ideolab_f2b.__file__).parents[1])


def _leave_fail2ban(host: Host, found: Manifest, say: Say, *, stays: bool) -> None:
    """Let fail2ban go on without the pack, or stop it when it did not run before the install."""
    services = live.services(host)
    if stays:
        fail2ban_client.ask("reload")
        say("reloaded fail2ban")
        return
    if fail2ban_client.is_up():
        services.stop_fail2ban()
        say("stopped  fail2ban, which did not run before the install")
    if not found.services.get("fail2ban_enabled", True):
        services.disable_fail2ban()
