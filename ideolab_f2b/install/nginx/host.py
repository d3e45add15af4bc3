"""The nginx of this host: reads its configuration, tests it with our files, and reloads it."""

from __future__ import annotations

import os
import shutil
import subprocess

from ideolab_f2b.install.errors import CommandError, InstallError
from ideolab_f2b.install.nginx.files import OLDEST, InstalledNginx, parse, problem, references
from ideolab_f2b.install.run import run, succeeds
from ideolab_f2b.install.site import Site
from ideolab_f2b.places import install_command


def is_there() -> bool:
    """Return whether nginx is installed."""
    return shutil.which("nginx") is not None


def find(site: Site, *, is_asked: bool) -> InstalledNginx:
    """Return the nginx to place files for. `is_asked`: this run has --nginx; else an earlier one had it."""
    if not site.is_live or os.geteuid() != 0:
        return OLDEST
    if not is_there() and not is_asked:
        # it was removed since; our files stay what they are
        return OLDEST
    nginx = ask()
    if problem(nginx):
        raise InstallError(problem(nginx))
    return nginx


def ask() -> InstalledNginx:
    """Ask nginx for its configuration; InstallError when nginx is missing, or refuses its configuration."""
    if not is_there():
        raise InstallError(f"--nginx: nginx is not installed; {install_command('nginx')}")
    version = subprocess.run(["nginx", "-V"], capture_output=True, text=True, errors="replace", timeout=60)
    return parse(version.stderr + version.stdout, dump())


def dump() -> str:
    """Return the text of `nginx -T`; InstallError when nginx refuses its configuration."""
    found = subprocess.run(["nginx", "-T"], capture_output=True, text=True, errors="replace", timeout=60)
    if found.returncode:
        raise InstallError(f"nginx's own configuration fails, also without this pack: {found.stderr.strip()}")
    return found.stdout


def refusal() -> str:
    """Return why nginx would not start without our files; "" when it would."""
    try:
        lines = references(ask()) if is_there() else []
    except InstallError:
        # it does not start anyway
        return ""
    return f"nginx would not start any more; first delete these lines: {'; '.join(lines)}" if lines else ""


def test() -> None:
    """Test the configuration; CommandError with nginx's own words."""
    if is_there():
        run("nginx", "-t")


def reload() -> str:
    """Make nginx read its configuration again; return what was done, in words."""
    if succeeds("nginx", "-s", "reload"):
        return "nginx reloaded"
    return "nginx does not run: it will start with these files"


def reload_without_ours() -> str:
    """Reload nginx after our files are removed; InstallError when it would not start any more."""
    try:
        test()
    except CommandError as error:
        raise InstallError(f"nginx still runs, but would not start any more: {error}") from error
    return reload()
