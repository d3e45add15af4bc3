"""The verb `install`: plan, try, place, start; at an error everything is as it was."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from ideolab_f2b import __version__, config, fail2ban_client, manifest
from ideolab_f2b.config import Settings
from ideolab_f2b.install import source, sudoers, web_user
from ideolab_f2b.install.host import Host, probe
from ideolab_f2b.install.nginx import host as nginx
from ideolab_f2b.install.place import Look, Placing, look, obsolete
from ideolab_f2b.install.plan import plan, setting
from ideolab_f2b.install.run import CommandError
from ideolab_f2b.install.services import live
from ideolab_f2b.install.site import KEPT, Site
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.block import edited
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.steps.tree import Tree
from ideolab_f2b.install.trial import examine
from ideolab_f2b.install.trial.examine import BrokenBeforeError, Examined
from ideolab_f2b.install.trial.server import TrialError
from ideolab_f2b.manifest import Manifest
from ideolab_f2b.places import DJANGO_JAILS, FAIL2BAN, JAIL_LOCAL, JAILS, NGINX_JAILS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Put the pack into fail2ban and start it; a second time changes only what differs."
    parser.add_argument("--dry-run", action="store_true", help="print each step and change nothing")
    parser.add_argument(
        "--root", type=Path, default=Path("/"), metavar="DIR", help="fill a staging directory, start nothing"
    )
    parser.add_argument(
        "--nginx", action="store_true", help="also place the files for nginx: hardening, log format, feed"
    )
    parser.add_argument(
        "--sudo-for", metavar="USER", help="let this user, such as www-data, run ideolab-fw-ip as root"
    )
    parser.add_argument(
        "--django",
        metavar="USER",
        help="a site of this user, such as www-data, writes traship.log",
    )
    parser.add_argument("--no-start", action="store_true", help="place the files, start and reload nothing")


def run(arguments: argparse.Namespace) -> int:
    """0 done, 1 refused or failed, with the reason and with nothing changed."""
    root = arguments.root.resolve()
    if not arguments.dry_run:
        root.mkdir(parents=True, exist_ok=True)
    if root == Path("/") and os.geteuid() != 0 and not arguments.dry_run:
        return _failed("run it as root (sudo scripts/install)")
    path = root / str(manifest.PATH).lstrip("/")
    earlier = manifest.load(path) or Manifest()
    site = Site(root, earlier.by_path())
    found, host = source.find(), probe(site)
    try:
        settings = _settings(site, found)
        sudo_for = sudoers.user(site, arguments.sudo_for)
        if sudo_for:
            sudoers.require_valid(sudoers.step(found, sudo_for))
        web_group = web_user.group(site, arguments.django)
        web = nginx.wanted(site, is_asked=arguments.nginx)
        jails = {**JAILS, **(NGINX_JAILS if web else {}), **(DJANGO_JAILS if web_group else {})}
        examined = _examined(found, host, settings, site, jails)
        steps = plan(
            found, host, settings, examined.block,
            has_intake=web is not None, sudo_for=sudo_for, web_group=web_group,
        )  # fmt: skip
        looks = look([*steps, *(nginx.files(found, web) if web else ())], site)
        _tell([*examined.messages, *(nginx.messages(web) if web else ())])
        if arguments.dry_run:
            _tell([*map(str, looks), *(f"removed  {entry.path}" for entry in obsolete(looks, site))])
            return 0
        is_live = site.is_live and not arguments.no_start
        return Run(site, host, earlier, path, has_intake=web is not None).place(looks, is_live=is_live)
    except BrokenBeforeError as error:
        return _failed(
            f"fail2ban's own configuration fails, without this pack too: {error}\n"
            "Mend that first; nothing was changed."
        )
    except (nginx.NginxError, sudoers.SudoersError, web_user.WebUserError) as error:
        return _failed(f"{error}\nNothing was changed.")
    except fail2ban_client.ClientError as error:
        return _failed(f"fail2ban-client failed: {error}\nNothing was changed.")
    except TrialError as error:
        return _failed(f"fail2ban would not work with this pack here: {error}\nNothing was changed.")


def _failed(text: str) -> int:
    print(f"ideolab-f2b install: {text}", file=sys.stderr)
    return 1


def _tell(lines: object) -> None:
    for text in lines if isinstance(lines, (list, tuple)) else [lines]:
        print(text, flush=True)


def _settings(site: Site, found: Source) -> Settings:
    """What the file will say after this run."""
    step = File(str(config.DEFAULT_PATH), setting(found), is_setting=True)
    if step.verb(site) == KEPT:
        return config.load(site.at(step.path))
    return config.parse(step.content.decode(), config.DEFAULT_PATH)


def _examined(
    found: Source, host: Host, settings: Settings, site: Site, jails: Mapping[str, str]
) -> Examined:
    etc = site.at(str(FAIL2BAN))
    if not site.is_live or os.geteuid() != 0:
        return examine.unseen(settings, etc, jails)
    if not fail2ban_client.is_installed():
        raise TrialError("fail2ban is not installed (scripts/install does it; or apt-get install fail2ban)")
    return examine.examine(found, host, settings, etc, edited(site, JAIL_LOCAL), jails)


class Run:
    """One install: the manifest goes first, so that whatever happens later can be uninstalled."""

    def __init__(self, site: Site, host: Host, earlier: Manifest, path: Path, *, has_intake: bool) -> None:
        self._site, self._host, self._earlier, self._path = site, host, earlier, path
        self._has_intake = has_intake
        self._placing = Placing(site, _tell)

    def place(self, looks: list[Look], *, is_live: bool) -> int:
        before = live.services(self._host).state() if is_live else {}
        leaving = obsolete(looks, self._site)
        services = self._earlier.services or before
        entries = tuple(found.entry for found in looks if found.entry is not None)
        manifest.save(Manifest(__version__, (*leaving, *entries), services), self._path)
        changed = {found.step.path for found in looks if found.verb != KEPT}
        try:
            self._placing.put(looks)
            if is_live:
                if nginx.concerned(changed):
                    nginx.test()
                _tell(live.bring_up(self._host, changed, has_intake=self._has_intake))
        except (OSError, CommandError, live.LiveError, KeyboardInterrupt) as error:
            self._take_back(before)
            return _failed(f"{str(error) or 'interrupted'}\nEverything is as it was before.")
        problems = self._placing.remove(leaving)
        manifest.save(Manifest(__version__, entries, services), self._path)
        for found in looks:
            if isinstance(found.step, Tree):
                found.step.commit(self._site)
        _tell([f"could not be removed: {problem}" for problem in problems])
        if is_live and nginx.concerned(changed):
            _tell(nginx.reload())
        if is_live:
            _tell("`ideolab-f2b check` says whether all of it works")
        return 1 if problems else 0

    def _take_back(self, before: Mapping[str, bool]) -> None:
        had_connmon = bool(self._earlier.services)
        if before and not had_connmon:
            live.stop_connmon(self._host)
        if before and self._has_intake and not nginx.concerned(self._site.earlier):
            live.stop_intake(self._host)
        self._placing.take_back()
        if before:
            _tell(live.bring_back(self._host, before, had_connmon=had_connmon))
        if self._earlier.version:
            manifest.save(self._earlier, self._path)
        else:
            self._path.unlink(missing_ok=True)
