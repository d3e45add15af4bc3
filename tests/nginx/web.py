"""A real nginx with the files of deploy/nginx, and an application behind it."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from demo.lab import sockets
from demo.lab.child import REPOSITORY, Child
from demo.lab.namespace import Namespace, link_namespaces
from demo.lab.nginx import MAIN, TEMPORARY, TLS, Nginx
from ideolab_f2b.install.nginx import slots

DEPLOY = REPOSITORY / "deploy" / "nginx"
PYTHON = "/usr/bin/python3"
APPLICATION = REPOSITORY / "tests/nginx/application.py"
APPLICATION_PORT = 9000
ASSETS = 60

#: the seed's limits, section 7: the only one of its snippets that nginx takes
SEED_HTTP = """
    limit_conn_zone $binary_remote_addr zone=perip:10m;
    limit_req_zone $binary_remote_addr zone=reqip:10m rate=10r/s;
"""
SEED_SERVER = """
        limit_conn perip 25;
        limit_req zone=reqip burst=40 nodelay;
"""

_TEMPLATE = (
    "@TOP@\n"
    + MAIN
    + "http {{\n"
    + TEMPORARY
    + """\
    @HTTP@
    access_log {directory}/log/all.log ideolab;
    access_log {directory}/log/stalled.log ideolab if=$ideolab_stalled;
    access_log {directory}/log/served.log ideolab_served if=$ideolab_served;
    access_log {directory}/log/combined.log;
    server {{
        @LISTEN@
"""
    + TLS
    + """\
        ssl_protocols TLSv1.2 TLSv1.3;
        root {directory}/www;
        @SERVER@
        location /app {{
            proxy_pass http://127.0.0.1:9000;
            @PROXY@
        }}
        location /stream {{
            proxy_pass http://127.0.0.1:9000;
            @STREAM@
        }}
    }}
}}
@MAIN@
"""
)
#: files of http{}
HTTP = ("ideolab-hardening.conf", "ideolab-slots.conf", "ideolab-log.conf", "ideolab-served.conf")
LISTEN = "listen 443 ssl http2 default_server; listen [::]:443 ssl http2 default_server;"


class Web(NamedTuple):
    """The two namespaces, nginx, and its directory."""

    server: Namespace
    client: Namespace
    nginx: Nginx
    directory: Path

    def log(self, name: str) -> str:
        """Return the text of a log of nginx; a missing one is empty."""
        path = self.directory / "nginx/log" / name
        return path.read_text(errors="replace") if path.exists() else ""

    def objects(self, name: str) -> list[dict[str, Any]]:
        """The lines of a log in our format."""
        return [json.loads(line) for line in self.log(name).splitlines()]

    def curl(self, *words: str) -> str:
        """Return what curl prints in the client's namespace."""
        return self.client.run("curl", "-sSk", *words)


def ours(name: str) -> str:
    """Return the line that includes a file of deploy/nginx."""
    return f"include {DEPLOY}/{name};"


@contextlib.contextmanager
def web(
    prefix: str,
    *,
    http: str = "\n".join(map(ours, HTTP)),
    server: str = ours("ideolab-server.conf"),
    proxy: Optional[str] = None,
    stream: str = ours("ideolab-stream.conf"),
    listen: str = LISTEN,
    top: str = "",
    main: str = "",
    connections: int = 1024,
) -> Iterator[Web]:
    """Running between `with` and its end."""
    with contextlib.ExitStack() as undo:
        directory = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix=prefix)))
        directory.chmod(0o755)
        inside, outside = undo.enter_context(link_namespaces(prefix))
        words = [PYTHON, "-B", str(APPLICATION), str(APPLICATION_PORT)]
        application = Child(inside, directory / "application", *words)
        undo.callback(application.stop)
        pid = application.pid
        application.wait_until(lambda: sockets.is_listening(pid, APPLICATION_PORT), "listening")
        text = _TEMPLATE
        marks = {"TOP": top, "HTTP": http, "SERVER": server, "LISTEN": listen, "MAIN": main}
        if proxy is None:
            # as the installer writes it
            proxy = slots.fit((DEPLOY / "ideolab-proxy.conf").read_text(), connections)
        marks.update(PROXY=proxy, STREAM=stream)
        for mark, value in marks.items():
            text = text.replace(f"@{mark}@", value.replace("{", "{{").replace("}", "}}"))
        text = text.replace("@DEPLOY@", str(DEPLOY)).replace("@DIRECTORY@", "{directory}")
        nginx = Nginx(inside, directory / "nginx", connections, text)
        undo.callback(nginx.stop)
        for number in range(ASSETS):
            (directory / f"nginx/www/asset{number}.css").write_text("p { color: teal }\n" * 50)
        yield Web(inside, outside, nginx, directory)


def burst(place: Web) -> Sequence[str]:
    """Status and HTTP version of each of 60 assets fetched at once over one HTTP/2 connection."""
    told = place.curl(
        "--http2", "--parallel", "--parallel-max", str(ASSETS), "--resolve", "lab.example:443:192.0.2.1",
        "--interface", "198.51.100.124", "-w", "%{http_code} %{http_version} %{num_connects}\n",
        "-o", "/dev/null", f"https://lab.example/asset[0-{ASSETS - 1}].css",
    )  # fmt: skip
    return told.splitlines()
