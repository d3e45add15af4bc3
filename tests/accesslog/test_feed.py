"""Settings of earlier versions: LOGGING names ideolab_accesslog.feed.TrashipHandler."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from demo.lab.child import REPOSITORY, environment

_SITE = textwrap.dedent(
    """
    import sys
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "ideolab_accesslog"],
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {
                "traship": {"class": "ideolab_accesslog.feed.TrashipHandler", "filename": sys.argv[1]},
                "other": {"class": "ideolab_accesslog.feed.TrashipHandler", "filename": sys.argv[1] + ".2"},
            },
            "loggers": {"ideolab_accesslog.traship": {"handlers": ["traship", "other"], "propagate": False}},
        },
    )
    django.setup()
    from ideolab_accesslog.traship import log
    from ideolab_accesslog.traship.offence import Offence

    log.write(Offence("198.51.100.7", 1795359121.5, "dotfile", 403, "GET", "/.env", "curl/8"))
    """
)


def test_the_old_path_works_and_warns_once(tmp_path: Path) -> None:
    """Two handlers, two lines, one warning that names the new path."""
    done = subprocess.run(
        [sys.executable, "-W", "always::DeprecationWarning", "-c", _SITE, str(tmp_path / "traship.log")],
        capture_output=True, text=True, timeout=60, cwd=REPOSITORY, env=environment(),
    )  # fmt: skip

    line = (
        "2026-11-22T14:52:01.500+0000 traship: offence 198.51.100.7 reason=sensitive_path status=403 "
        'method=GET path="/.env" agent="curl/8" rule="dotfile"\n'
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "traship.log").read_text() == (tmp_path / "traship.log.2").read_text() == line
    warnings = [line.partition("DeprecationWarning: ")[2] for line in done.stderr.splitlines()]
    assert [warning for warning in warnings if "ideolab_accesslog" in warning] == [
        "ideolab_accesslog.feed.TrashipHandler is now ideolab_accesslog.handlers.TrashipHandler; "
        "change LOGGING"
    ]
