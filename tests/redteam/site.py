"""The installed whole in two network namespaces: nginx, a Django site, intake, connmon, all jails."""

from __future__ import annotations

import configparser
import contextlib
import ipaddress
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from demo.attacker import NAME
from demo.lab.child import REPOSITORY, Child, environment
from demo.lab.connmon import PYTHON, Connmon
from demo.lab.error import LabError
from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import write_distribution
from demo.lab.namespace import Namespace, link_namespaces
from demo.lab.nginx import MAIN, TEMPORARY, Nginx
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.lab.gunicorn import Served, gunicorn

ADDRESS = "192.0.2.1"
#: a port without HTTP/2, for clients that take HTTP/2 where it is offered
HTTP1_PORT = 444
_DEPLOY = REPOSITORY / "deploy/nginx"
_JAILS = REPOSITORY / "jail.d/ideolab.conf"
#: the intake's user, who also owns the directory of the logs
_UID = 65534
_QUEUE_LENGTH = 512
_SERVER = """\
        server_name lab.example;
        ssl_certificate {directory}/lab.crt;
        ssl_certificate_key {directory}/lab.key;
        root {directory}/www;
        include @DEPLOY@/ideolab-server.conf;
        location = /big.bin {{ }}
        location /stuck/ {{
            proxy_pass http://127.0.0.1:@STUCK@;
            include @DEPLOY@/ideolab-proxy.conf;
        }}
        location / {{
            proxy_pass http://127.0.0.1:@PORT@;
            include @DEPLOY@/ideolab-proxy.conf;
        }}
"""
_NGINX = (
    MAIN
    + "include @DEPLOY@/ideolab-feed.conf;\nhttp {{\n"
    + TEMPORARY
    + """\
    include @DEPLOY@/ideolab-hardening.conf;
    include @DEPLOY@/ideolab-slots.conf;
    include @DEPLOY@/ideolab-log.conf;
    include @DEPLOY@/ideolab-served.conf;
    include @DEPLOY@/ideolab-stalled.conf;
    access_log {directory}/log/access.log ideolab;
    server {{
        listen 443 ssl http2 default_server;
        listen [::]:443 ssl http2 default_server;
        listen 444 ssl default_server;
        ssl_reject_handshake on;
    }}
    server {{
        listen 80;
        listen 443 ssl http2;
        listen [::]:443 ssl http2;
        listen 444 ssl;
"""
    + _SERVER
    + "    }}\n}}\n"
)


@dataclass(frozen=True)
class Site:
    """`server` has the daemons, `client` has everybody else; the logs are in `log`."""

    server: Namespace
    client: Namespace
    nginx: Nginx
    fail2ban: Fail2ban
    log: Path

    def banned(self) -> dict[str, list[str]]:
        """Return what every jail has on its list and every kernel set holds; empty ones are left out."""
        jails = {name: self.fail2ban.find_banned(name) for name in jail_names()}
        with self.server.enter():
            sets = Sets()
        try:
            kernel = {
                f"set {name}": [str(one.network) for one in sets.elements(name)] for name in sets.names()
            }
        finally:
            sets.close()
        return {name: found for name, found in {**jails, **kernel}.items() if found}

    def holders(self, address: str) -> list[str]:
        """Return the jails and sets that ban an address, or a network around it."""
        return find_holders(self.banned(), address)

    def status(self, address: str, path: str = "/", *options: str, within_s: int = 30) -> int:
        """Return the status that curl at `address` gets for a page; 0 without an answer."""
        words = ["curl", "-sk", "--path-as-is", "--interface", address, "-o", "/dev/null", *options]
        words += ["--resolve", f"{NAME}:443:{ADDRESS}", "--max-time", str(within_s), "-w", "%{http_code}"]
        done = subprocess.run(
            self.client.command(*words, f"https://{NAME}{path}"), capture_output=True, text=True, timeout=120
        )
        return int(done.stdout or 0)

    def move_client_to(self, address: str) -> None:
        """Let programs of the client that choose no address of their own come from this one."""
        self.client.run("ip", "route", "replace", f"{ADDRESS}/32", "dev", "veth1", "src", address)

    def requests(self, address: str) -> list[dict[str, str]]:
        """Return the lines of nginx's access log about an address."""
        text = (self.log.parent.parent / "nginx/log/access.log").read_text(errors="replace")
        # the last line may be half written
        rows = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        return [row for row in rows if row["ip"] == address]

    def error_lines(self, address: str) -> list[str]:
        """Return the lines of nginx's own error log about an address."""
        text = self.nginx.error_log.read_text(errors="replace")
        return [line for line in text.splitlines() if f", client: {address}," in line]


def find_holders(banned: Mapping[str, list[str]], address: str) -> list[str]:
    """Return which of the jails and sets of `Site.banned` ban an address, or a network around it."""
    one = ipaddress.ip_address(address)
    return [
        name for name, found in banned.items() if any(one in ipaddress.ip_network(text) for text in found)
    ]


def jail_names() -> list[str]:
    """Return the jails that the pack ships."""
    return _shipped().sections()


def _shipped() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(_JAILS)
    return parser


@contextlib.contextmanager
def site(
    prefix: str, *, settings: Mapping[str, object] = {}, hardening: Mapping[str, str] = {}
) -> Iterator[Site]:
    """Start all of it; `settings` are Django's, `hardening` replaces texts in the files for nginx."""
    with contextlib.ExitStack() as undo:
        directory = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix=f"{prefix}-")))
        directory.chmod(0o755)
        connmon = Connmon(directory / "ideolab")
        log = connmon.log.parent
        server, client = undo.enter_context(link_namespaces(prefix))
        server.run("sysctl", "-qw", f"net.unix.max_dgram_qlen={_QUEUE_LENGTH}")
        for name in {
            Path(jail["logpath"].split()[0]).name for jail in map(_shipped().__getitem__, jail_names())
        }:
            (log / name).touch()
        _give(log, *log.iterdir(), directory / "ideolab/textfile")
        port = undo.enter_context(_django(server, directory, log, settings)).port
        undo.enter_context(_intake(server, directory, log))
        ports = {"PORT": port, "STUCK": undo.enter_context(_stuck_application(server))}
        nginx = Nginx(server, directory / "nginx", 2048, _nginx_template(directory, ports, hardening))
        undo.callback(nginx.stop)
        fail2ban = Fail2ban(
            server, directory / "f2b", _enabled(log), tuple(jail_names()), write_config=write_distribution
        ).start()
        undo.callback(fail2ban.stop)
        fail2ban.wait_for_rules(*jail_names())
        connmon.start(server)
        undo.callback(connmon.stop)
        yield Site(server, client, nginx, fail2ban, log)


def _give(*paths: Path) -> None:
    for path in paths:
        os.chown(path, _UID, _UID)


def _enabled(log: Path) -> str:
    """Return jail.local: every jail on, with the logs of this site."""
    shipped = _shipped()
    rows = [
        f"[{name}]\nenabled = true\nlogpath = {log}/{Path(shipped[name]['logpath'].split()[0]).name}\n"
        for name in shipped.sections()
    ]
    return "\n".join(rows)


def _nginx_template(directory: Path, ports: Mapping[str, int], hardening: Mapping[str, str]) -> str:
    """Return nginx.conf for the lab, and write the files of deploy/nginx with the places of this site."""
    deploy = directory / "deploy"
    deploy.mkdir()
    for file in _DEPLOY.glob("*.conf"):
        text = file.read_text().replace("/run/ideolab/", f"{directory}/run/")
        for shipped, ours in hardening.items():
            text = text.replace(shipped, ours)
        (deploy / file.name).write_text(text)
    text = _NGINX.replace("@DEPLOY@", str(deploy))
    for name, port in ports.items():
        text = text.replace(f"@{name}@", str(port))
    return text


@contextlib.contextmanager
def _stuck_application(server: Namespace) -> Iterator[int]:
    """Listen on a port, and answer nobody."""
    with server.enter():
        listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    with listening:
        yield int(listening.getsockname()[1])


@contextlib.contextmanager
def _intake(server: Namespace, directory: Path, log: Path) -> Iterator[None]:
    run = directory / "run"
    run.mkdir()
    _give(run)
    config = directory / "intake.conf"
    config.write_text(
        f"[paths]\nlog_dir = {log}\nstate_dir = {directory}/ideolab/state\n"
        f"textfile_dir = {directory}/ideolab/textfile\n[intake]\nsocket = {run}/nginx.sock\n"
    )
    user = ["setpriv", f"--reuid={_UID}", f"--regid={_UID}", "--clear-groups"]
    words = [*user, PYTHON, "-m", "ideolab_f2b", "intake", "--config", str(config)]
    child = Child(server, directory / "intake-output", *words)
    try:
        child.wait_until((run / "nginx.sock").exists, "listening")
        yield
    finally:
        child.stop()


@contextlib.contextmanager
def _django(
    server: Namespace, directory: Path, log: Path, settings: Mapping[str, object]
) -> Iterator[Served]:
    """The site as its own gunicorn, with a database of its own."""
    variables = {
        "DJANGO_SETTINGS_MODULE": "tests.redteam.settings",
        "DJANGO_DB_NAME": str(directory / "db.sqlite3"),
        "DJANGO_ACCESSLOG_TRUSTED_PROXIES": json.dumps(["127.0.0.1"]),
        "DJANGO_TRASHIP_LOG": str(log / "traship.log"),
        "DJANGO_TRASHIP_MANUAL_LOG": str(log / "manual.log"),
        **{f"DJANGO_{name}": json.dumps(value) for name, value in settings.items()},
    }
    _migrate({**variables, "ACCESSLOG_TEST_STATE": str(directory)})
    with server.enter():
        web = gunicorn(variables, "--worker-class", "gthread", "--threads", "8")
        with web:
            yield web


def _migrate(variables: Mapping[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity=0"],
        cwd=REPOSITORY, env={**environment(), **variables}, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    if done.returncode:
        raise LabError(f"the tables cannot be made:\n{done.stderr}")
