"""The verb `uninstall`: services, bans, rules, sets, files and user go; what stood there comes back."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from ideolab_f2b import config, fail2ban_client, manifest
from ideolab_f2b.install import unban_all
from ideolab_f2b.install.host import Host, probe
from ideolab_f2b.install.nginx import host as nginx
from ideolab_f2b.install.place import Placing
from ideolab_f2b.install.services import live
from ideolab_f2b.install.site import Site
from ideolab_f2b.install.steps import directory
from ideolab_f2b.install.trial import trial
from ideolab_f2b.install.trial.server import TrialError, copied
from ideolab_f2b.manifest import Entry, Manifest
from ideolab_f2b.places import FAIL2BAN, NEVER_BAN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Take everything out again: jails, bans, sets, rules, files, logs and the user; apt packages stay."
    )
    parser.add_argument("--dry-run", action="store_true", help="print each step and change nothing")
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="empty a staging directory"
    )
    parser.add_argument("--keep-config", action="store_true", help="leave /etc/ideolab (f2b.conf, never-ban)")
    parser.add_argument("--keep-logs", action="store_true", help="leave /var/log/ideolab")
    parser.add_argument(
        "--force", action="store_true", help="also when fail2ban would not start with what is left"
    )


def run(arguments: argparse.Namespace) -> int:
    """0 done or nothing there, 1 refused or some of it is left (said)."""
    root = arguments.root.resolve()
    path = root / str(manifest.PATH).lstrip("/")
    found = manifest.load(path)
    if found is None:
        print(f"nothing is installed: there is no {path}")
        return 0
    site = Site(root, found.by_path())
    leaving = [entry for entry in reversed(found.entries) if not _is_kept(entry, arguments)]
    if arguments.dry_run:
        for entry in leaving:
            print(f"removed  {entry.path}{_changed(entry, site)}")
        return 0
    if site.is_live and os.geteuid() != 0:
        return _failed("run it as root")
    if site.is_live:
        return _uninstall(site, found, leaving, path, is_forced=arguments.force)
    problems = Placing(site, print).remove(leaving)
    path.unlink()
    _tidy(leaving, site)
    return _end(problems)


def _is_kept(entry: Entry, arguments: argparse.Namespace) -> bool:
    settings = (str(config.DEFAULT_PATH), str(config.DEFAULT_PATH.parent), NEVER_BAN)
    if arguments.keep_config and entry.path in settings:
        return True
    is_log = entry.kind == "log" or (entry.kind == "whole" and "/log/" in entry.path)
    return arguments.keep_logs and is_log


def _changed(entry: Entry, site: Site) -> str:
    now = manifest.digest(entry.kind, site.at(entry.path))
    if now is None or now == entry.digest or entry.kind not in ("file", "block"):
        return ""
    is_setting = entry.path in (str(config.DEFAULT_PATH), NEVER_BAN)
    return "  (changed since; --keep-config keeps it)" if is_setting else "  (changed since)"


def _failed(text: str) -> int:
    print(f"ideolab-f2b uninstall: {text}", file=sys.stderr)
    return 1


def _end(problems: Iterable[str]) -> int:
    left = list(problems)
    for problem in left:
        print(f"left: {problem}", file=sys.stderr)
    return 1 if left else 0


def _uninstall(site: Site, found: Manifest, leaving: list[Entry], path: Path, *, is_forced: bool) -> int:
    host, stays = probe(site), found.services.get("fail2ban_active", True) and fail2ban_client.is_up()
    has_nginx = nginx.concerned(entry.path for entry in leaving)
    refusals = [_refusal(site, leaving) if stays else "", nginx.refusal() if has_nginx else ""]
    if any(refusals) and not is_forced:
        return _failed("\n".join([*filter(None, refusals), "Nothing was changed (--force does it anyway)."]))
    problems = [
        *_attempt("connmon", live.services(host).stop_connmon),
        *_attempt("intake", live.services(host).stop_intake),
        *_attempt("jails", lambda: unban_all.stop_jails(print)),
        # a program that runs from the tree, such as this one, has all its modules loaded by now
        *Placing(site, print).remove(entry for entry in leaving if entry.kind != "user"),
        *_attempt("fail2ban", lambda: _leave_fail2ban(host, found, stays)),
        *(_attempt("nginx", lambda: print(nginx.let_go())) if has_nginx else ()),
        *_attempt("rules", lambda: unban_all.drop_rules(print)),
        *_attempt("sets", lambda: unban_all.drop_sets(print)),
        *_attempt("services", live.services(host).forget),
        *Placing(site, print).remove(entry for entry in leaving if entry.kind == "user"),
    ]
    path.unlink()
    _tidy(leaving, site)
    return _end(problems)


def _tidy(leaving: list[Entry], site: Site) -> None:
    """The directories that held the manifest."""
    for entry in leaving:
        if entry.kind == "directory":
            directory.remove(entry, site)


def _attempt(name: str, action: Callable[[], None]) -> list[str]:
    try:
        action()
    except (OSError, RuntimeError) as error:
        return [f"{name}: {error}"]
    return []


def _refusal(site: Site, leaving: list[Entry]) -> str:
    """Why fail2ban would not start with what is left, such as a jail of the admin's with our filter."""
    with copied() as directory:
        config_copy = directory / "config"
        trial.without_ours(config_copy)
        for entry in leaving:
            if entry.kind == "file" and FAIL2BAN in Path(entry.path).parents:
                (config_copy / Path(entry.path).relative_to(FAIL2BAN)).unlink(missing_ok=True)
        try:
            trial.attempt(directory, Path(trial.__file__).parents[2])
        except TrialError as error:
            return f"fail2ban would not start any more: {error}"
    return ""


def _leave_fail2ban(host: Host, found: Manifest, stays: bool) -> None:
    services = live.services(host)
    if stays:
        fail2ban_client.ask("reload")
        print("reloaded fail2ban")
        return
    if fail2ban_client.is_up():
        services.stop_fail2ban()
        print("stopped  fail2ban, which did not run before the install")
    if not found.services.get("fail2ban_enabled", True):
        services.disable_fail2ban()
