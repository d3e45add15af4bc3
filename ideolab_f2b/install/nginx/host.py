"""nginx on this host: what it is configured to do, and whether it takes our files."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Optional

from ideolab_f2b.install.nginx.files import (
    UNSEEN,
    Seen,
    concerned,
    files,
    messages,
    problem,
    references,
    seen,
)
from ideolab_f2b.install.run import CommandError, run, succeeds
from ideolab_f2b.install.site import Site

__all__ = ["NginxError", "concerned", "files", "let_go", "messages", "refusal", "reload", "test", "wanted"]


class NginxError(RuntimeError):
    """nginx is not there, or its configuration does not allow what is to be done; nothing was changed."""


def is_there() -> bool:
    return shutil.which("nginx") is not None


def wanted(site: Site, *, is_asked: bool) -> Optional[Seen]:
    """The nginx to place files for: when asked, and in every install after that one; else None."""
    if not is_asked and not concerned(site.earlier):
        return None
    if not site.is_live or os.geteuid() != 0:
        return UNSEEN
    if not is_there() and not is_asked:
        # gone since; its files stay what they are
        return UNSEEN
    host = look()
    if problem(host):
        raise NginxError(problem(host))
    return host


def look() -> Seen:
    """NginxError when there is no nginx, or when it does not start with its configuration as it is."""
    if not is_there():
        raise NginxError("--nginx, but nginx is not installed")
    told = subprocess.run(["nginx", "-V"], capture_output=True, text=True, errors="replace", timeout=60)
    dump = subprocess.run(["nginx", "-T"], capture_output=True, text=True, errors="replace", timeout=60)
    if dump.returncode:
        raise NginxError(f"nginx's own configuration fails, without this pack too: {dump.stderr.strip()}")
    return seen(told.stderr + told.stdout, dump.stdout)


def refusal() -> str:
    """Why nginx would not start without our files, if so."""
    try:
        found = references(look()) if is_there() else []
    except NginxError:
        # it does not start anyway
        return ""
    return f"nginx would not start any more; take out first: {'; '.join(found)}" if found else ""


def test() -> None:
    """CommandError with nginx's own words."""
    if is_there():
        run("nginx", "-t")


def reload() -> str:
    """What was done, in words."""
    if succeeds("nginx", "-s", "reload"):
        return "nginx reloaded"
    return "nginx does not run: it will start with these files"


def let_go() -> str:
    """After our files are gone."""
    try:
        test()
    except CommandError as error:
        raise RuntimeError(f"nginx runs on, but would not start any more: {error}") from error
    return reload()
