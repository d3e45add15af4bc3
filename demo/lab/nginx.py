"""A real nginx with TLS and the distribution's timeouts, all its files in one directory."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

from demo.lab import sockets
from demo.lab.child import Child
from demo.lab.error import LabError
from demo.lab.namespace import Namespace

PORT = 443
#: what a browser loads, by path
PAGES = {
    "/": b"<!doctype html><title>lab.example</title><link rel=stylesheet href=style.css><p>It works.\n",
    "/style.css": b"p { color: teal }\n" * 100,
    "/article.html": b"<p>The quick brown fox jumps over the lazy dog.\n" * 1000,
}
BIG_SIZE = 16 << 20
LOG = "log/error.log"

#: what each nginx.conf of the lab begins with; like the next two it is a text for str.format
MAIN = """\
user www-data;
worker_processes 1;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/log/error.log info;
events {{ worker_connections {connections}; }}
"""
#: in `http`: nothing is written outside of the directory
TEMPORARY = """\
    client_body_temp_path {directory}/tmp/body;
    proxy_temp_path {directory}/tmp/proxy;
    fastcgi_temp_path {directory}/tmp/fastcgi;
    uwsgi_temp_path {directory}/tmp/uwsgi;
    scgi_temp_path {directory}/tmp/scgi;
"""
#: in `server`
TLS = """\
        server_name lab.example;
        ssl_certificate {directory}/lab.crt;
        ssl_certificate_key {directory}/lab.key;
"""
CONFIG = (
    MAIN
    + "http {{\n"
    + TEMPORARY
    + """\
    types {{ text/html html; text/css css; }}
    default_type application/octet-stream;
    access_log {directory}/log/access.log;
    sendfile on;
    tcp_nopush on;
    server {{
        listen 443 ssl default_server;
        listen [::]:443 ssl default_server;
"""
    + TLS
    + """\
        root {directory}/www;
    }}
}}
"""
)


def _write_certificate(directory: Path) -> None:
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    words += " -subj /CN=lab.example"
    files = ["-keyout", str(directory / "lab.key"), "-out", str(directory / "lab.crt")]
    done = subprocess.run([*words.split(), *files], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise LabError(f"openssl made no certificate:\n{done.stderr}")


def _write_pages(root: Path) -> None:
    root.mkdir()
    for path, body in PAGES.items():
        (root / (path.lstrip("/") or "index.html")).write_bytes(body)
    with open(root / "big.bin", "wb") as file:
        file.truncate(BIG_SIZE)


def _early_log(path: Path) -> list[str]:
    """Return the option for the first messages; before 1.19.5 nginx has none and opens the host's log."""
    known = subprocess.run(["nginx", "-e", str(path), "-v"], capture_output=True, timeout=120)
    return [] if known.returncode else ["-e", str(path)]


def write_site(directory: Path, connections: int, template: str = CONFIG) -> list[str]:
    """Make the directory with all that nginx reads and writes; return the command line that starts it."""
    directory.mkdir()
    for name in ("log", "tmp"):
        (directory / name).mkdir()
    _write_certificate(directory)
    _write_pages(directory / "www")
    config = directory / "nginx.conf"
    config.write_text(template.format(directory=directory, connections=connections))
    return ["nginx", *_early_log(directory / LOG), "-p", str(directory), "-c", str(config)]


class Nginx:
    """Serves PAGES and /big.bin on port 443 of both families; `stop` ends it."""

    def __init__(
        self, namespace: Namespace, directory: Path, connections: int, template: str = CONFIG
    ) -> None:
        self.error_log = directory / LOG
        words = write_site(directory, connections, template)
        self._child = Child(namespace, directory / "output", *words)
        self.pid = self._child.pid
        try:
            self._child.wait_until(lambda: sockets.is_listening(self.pid, PORT), "listening")
        except BaseException:
            self._child.stop()
            raise

    def stop(self) -> None:
        """End nginx."""
        self._child.stop()

    def count_established(self) -> Counter[str]:
        """Return {peer: its established connections} as the server's kernel sees them."""
        return sockets.count_established(self.pid, PORT)
