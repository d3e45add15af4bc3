"""A small Django site on a test host, as docs/cron.md says that its commands run."""

from __future__ import annotations

from pathlib import Path

import django

from tests.host.overlay import CHECKOUT, Host

#: {what this machine has of Django: where the host sees it}
SHOWN = {Path(django.__file__).parents[1]: "/opt/packages"}
#: the directory of the units that they may write
STATE = "/var/lib/ideolab-accesslog"
_MANAGE = f"""
import sys
from django.conf import settings
from django.core.management import execute_from_command_line
settings.configure(
    SECRET_KEY="x",
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "ideolab_accesslog"],
    DATABASES={{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "{STATE}/site.sqlite3"}}}},
)
execute_from_command_line(sys.argv)
"""
_DEFAULTS = f"""
PYTHON=/usr/bin/python3
MANAGE=/srv/manage.py
PYTHONPATH={CHECKOUT}:/opt/packages
"""
_COUNT = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("select count(*) from ideolab_accesslog_connmonevent").fetchone()[0])
"""


def make_site(host: Host) -> None:
    """Make the site of www-data, with its tables; the pack is installed, for its units."""
    host.shell(f"cat >/srv/manage.py <<'END'\n{_MANAGE}\nEND")
    host.shell(f"cat >/etc/default/ideolab-accesslog <<'END'\n{_DEFAULTS}\nEND")
    host.shell(f"install -d -o www-data -g www-data -m 750 {STATE}")
    words = "runuser -u www-data -- /usr/bin/python3 /srv/manage.py migrate --verbosity 0"
    host.shell(f"set -a; . /etc/default/ideolab-accesslog; {words}")


def count_events(host: Host) -> int:
    """Return how many events the site has stored."""
    return int(host.out("/usr/bin/python3", "-c", _COUNT, f"{STATE}/site.accesslog.sqlite3"))


def remove_site(host: Host) -> None:
    """Remove what make_site() and the units have made; the pack may be gone."""
    host.shell(f"rm -r /srv/manage.py /etc/default/ideolab-accesslog {STATE}")
