"""A host with nginx, fail2ban, connmon, the import and the admin under uvicorn and gunicorn, in a namespace.

Everything is the real program; a browser and attackers are in the other namespace.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import django.contrib.admin

import ideolab_accesslog
from demo.lab.child import REPOSITORY, Child
from demo.lab.connmon import Connmon
from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import SETTINGS, write_distribution
from demo.lab.namespace import Namespace, link_namespaces
from demo.lab.nginx import MAIN, TEMPORARY, TLS, Nginx
from demo.lab.wait import wait_until
from demo.site import JAILS, NAMES
from tests.asn import tables

ASN = "[ideolab-asn]\nenabled = true\nlogpath = {log}/connmon.log\n"
#: by server: the port of nginx, and what starts the server on a unix socket
SERVERS = {
    "uvicorn": (443, "uvicorn tests.accesslog.asgi:application --uds {socket} --log-level warning"),
    "gunicorn": (8443, "gunicorn tests.accesslog.wsgi:application --bind unix:{socket} --threads 4"),
}
#: nginx's defaults: that an event is handed on at once is up to the header of the site's own answer
_SERVER = """\
    server {{
        listen PORT ssl;
TLS
        location /static/ {{ root {directory}/..; }}
        location / {{
            proxy_pass http://unix:{directory}/../NAME.sock;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
        }}
    }}
"""
NGINX = (
    MAIN
    + "http {{\n"
    + TEMPORARY
    + "    types {{ text/css css; text/javascript js; image/svg+xml svg; }}\n"
    + "    access_log off;\n"
    + "".join(
        _SERVER.replace("PORT", str(port)).replace("TLS\n", TLS).replace("NAME", name)
        for name, (port, _words) in SERVERS.items()
    )
    + "}}\n"
)
NAME, PASSWORD = "alice", "of a test"
_PREPARE = f"""
import django
django.setup()
from django.core.management import call_command
from django.contrib.auth.models import User
call_command("migrate", verbosity=0)
User.objects.create_superuser({NAME!r}, password={PASSWORD!r})
"""


class DashboardSite(NamedTuple):
    """What runs, and where the browser is."""

    client: Namespace
    server: Namespace
    fail2ban: Fail2ban
    connmon: Connmon
    importer: Child

    def url(self, server: str) -> str:
        """Return the dashboard's address at one of SERVERS."""
        return f"https://192.0.2.1:{SERVERS[server][0]}/admin/ideolab_accesslog/security/"


@contextlib.contextmanager
def serve() -> Iterator[DashboardSite]:
    """Start all; each is ended by its own pid, last first."""
    with contextlib.ExitStack() as undo:
        directory = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="f2bt-dash-")))
        # nginx's workers run as www-data
        directory.chmod(0o755)
        server, client = undo.enter_context(link_namespaces("f2bd"))
        _copy_static(directory / "static")
        connmon = Connmon(directory / "ideolab")
        fail2ban = _make_fail2ban(server, directory, connmon)
        undo.callback(fail2ban.stop)
        variables = _make_variables(directory, fail2ban)
        _run(server, directory, "prepare", variables, "-c", _PREPARE)
        for name, (_port, words) in SERVERS.items():
            started = words.format(socket=directory / f"{name}.sock").split()
            web = Child(server, directory / name, sys.executable, "-m", *started, variables=variables)
            undo.callback(web.stop)
            web.wait_until((directory / f"{name}.sock").exists, "listening")
        undo.callback(Nginx(server, directory / "nginx", 512, NGINX).stop)
        follow = ("-m", "django", "import_connmon_events", "--follow")
        importer = Child(server, directory / "import", sys.executable, *follow, variables=variables)
        undo.callback(importer.stop)
        fail2ban.start()
        fail2ban.state.mkdir(exist_ok=True)
        tables.build(fail2ban.state / "asn.sqlite3", [(64500, "EXAMPLE-CLOUD", ["203.0.113.0/24"])])
        connmon.start(server)
        undo.callback(connmon.stop)
        yield DashboardSite(client, server, fail2ban, connmon, importer)


def _copy_static(directory: Path) -> None:
    for package, name in ((django.contrib.admin, "admin"), (ideolab_accesslog, "ideolab_accesslog")):
        shutil.copytree(Path(str(package.__file__)).parent / "static" / name, directory / name)


def _make_fail2ban(server: Namespace, directory: Path, connmon: Connmon) -> Fail2ban:
    def write_config(place: Path) -> None:
        write_distribution(place)
        settings = place / SETTINGS
        settings.write_text(
            settings.read_text().replace(f"textfile_dir = {place}", f"textfile_dir = {connmon.textfile}")
        )

    jails = (JAILS + ASN).format(log=connmon.log.parent)
    names = (*NAMES, "ideolab-asn")
    return Fail2ban(server, directory / "fail2ban", jails, names, write_config=write_config)


def _make_variables(directory: Path, fail2ban: Fail2ban) -> dict[str, str]:
    """Return the environment of the site: the helper is the real one, with its program from this checkout."""
    program, helper = directory / "ideolab-f2b", directory / "ideolab-fw-ip"
    words = f"PYTHONPATH={REPOSITORY} exec {sys.executable} -m ideolab_f2b"
    program.write_text(f'#!/bin/sh\n{words} "$@"\n')
    source = (REPOSITORY / "scripts/ideolab-fw-ip").read_text()
    helper.write_text(source.replace("/usr/local/bin/ideolab-f2b", str(program)))
    for path in (program, helper):
        path.chmod(0o755)
    # as sudo runs it for the web server
    command = f"/usr/bin/env SUDO_UID=33 {helper} --socket {fail2ban.socket}".split()
    settings = {
        "ACCESSLOG_METRICS_DIR": str(directory / "ideolab/textfile"),
        "ACCESSLOG_EVENTS": str(fail2ban.directory / "connmon_events.jsonl"),
        "ACCESSLOG_EVENTS_REJECTS": str(directory / "rejected.jsonl"),
        "ACCESSLOG_TRUST_UNIX_SOCKET": "true",
        "TRASHIP_FIREWALL_EXECUTE": "true",
        "TRASHIP_FIREWALL_TRANSPORT": "helper",
        "TRASHIP_FIREWALL_TIMEOUT_S": "20",
        "TRASHIP_FIREWALL_HELPER": str(command).replace("'", '"'),
    }
    return {
        "DJANGO_SETTINGS_MODULE": "tests.e2e.dashboard_settings",
        "DJANGO_DB_NAME": str(directory / "db.sqlite3"),
        "ACCESSLOG_TEST_STATE": str(directory / "site"),
        **{f"DJANGO_{name}": value for name, value in settings.items()},
    }


def _run(server: Namespace, directory: Path, name: str, variables: dict[str, str], *words: str) -> None:
    child = Child(server, directory / name, sys.executable, *words, variables=variables)
    wait_until(lambda: not child.is_alive(), f"{name} has not ended")
    child.stop()
