"""A real nginx whose logs go to an intake; a file beside shows what a file would hold."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from demo.lab.child import Child
from demo.lab.namespace import Namespace, link_namespaces
from demo.lab.nginx import MAIN, TEMPORARY, TLS, Nginx

PYTHON = "/usr/bin/python3"
#: the intake's user in these tests; the workers of nginx are www-data
UID = 65534
HEADER_TIMEOUT_S = 2
QUEUE_LENGTH = 512

TEMPLATE = (
    MAIN
    + """\
error_log syslog:server=unix:{directory}/../run/nginx.sock,nohostname,tag=nginx info;
http {{
"""
    + TEMPORARY
    + """\
    access_log syslog:server=unix:{directory}/../run/nginx.sock,tag=nginx_access combined;
    client_header_timeout 2s;
    server {{
        listen 443 ssl http2 default_server;
        listen [::]:443 ssl http2 default_server;
"""
    + TLS
    + """\
        root {directory}/www;
        location /auth {{ auth_basic lab; auth_basic_user_file {directory}/../users; }}
    }}
}}
"""
)


class Front(NamedTuple):
    """The two namespaces and the directory: run/nginx.sock, log/nginx-error.log, log/nginx-access.log."""

    server: Namespace
    client: Namespace
    directory: Path
    nginx: Nginx

    @property
    def socket(self) -> Path:
        """Where nginx sends its lines."""
        return self.directory / "run/nginx.sock"

    @property
    def log(self) -> Path:
        """Where the intake writes the error log."""
        return self.directory / "log/nginx-error.log"

    def file(self) -> str:
        """What nginx wrote into a file of its own."""
        return self.nginx.error_log.read_text(encoding="latin-1")


def make_directories(directory: Path) -> None:
    """Make those that the intake writes to."""
    for name in ("run", "log", "textfile"):
        (directory / name).mkdir()
        os.chown(directory / name, UID, UID)


@contextlib.contextmanager
def front(prefix: str, template: str = TEMPLATE) -> Iterator[Front]:
    """nginx alone; its first lines find nobody yet."""
    with contextlib.ExitStack() as undo:
        directory = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
        directory.chmod(0o755)
        make_directories(directory)
        (directory / "users").write_text("alice:$apr1$x$x\n")
        server, client = undo.enter_context(link_namespaces(prefix))
        server.run("sysctl", "-qw", f"net.unix.max_dgram_qlen={QUEUE_LENGTH}")
        nginx = Nginx(server, directory / "nginx", 1024, template)
        undo.callback(nginx.stop)
        yield Front(server, client, directory, nginx)


@contextlib.contextmanager
def intake(front: Front, *, settings: str = "") -> Iterator[Child]:
    """The intake as the unit runs it: an unprivileged user of its own."""
    config = front.directory / "f2b.conf"
    config.write_text(
        f"[paths]\nlog_dir = {front.directory}/log\ntextfile_dir = {front.directory}/textfile\n"
        f"[intake]\nsocket = {front.socket}\n{settings}"
    )
    user = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"]
    words = [*user, PYTHON, "-m", "ideolab_f2b", "intake", "--config", str(config)]
    child = Child(front.server, front.directory / "output", *words)
    try:
        child.wait_until(front.socket.exists, "listening")
        yield child
    finally:
        child.stop()
