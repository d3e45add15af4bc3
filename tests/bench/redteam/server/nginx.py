"""The two nginx.conf of the bench: Debian's defaults, and the files that the pack ships."""

from __future__ import annotations

from demo.lab.child import REPOSITORY
from demo.lab.nginx import MAIN, TEMPORARY, TLS
from ideolab_f2b.install.nginx import slots
from tests.bench.redteam.server.addresses import HTTP1, HTTP1_BY_ROUTE, LINES

STOCK = "stock"
HARD = "hard"
VARIANTS = (STOCK, HARD)
APPLICATION_PORT = 8000
LINES_PORT = 8143
_DEPLOY = REPOSITORY / "deploy/nginx"
#: a second listening socket costs a slot, so that only honest clients get it
_STREAM = f"""\
stream {{{{
    server {{{{
        listen {LINES}:443 ssl reuseport;
        ssl_certificate {{directory}}/lab.crt;
        ssl_certificate_key {{directory}}/lab.key;
        proxy_timeout 1h;
        proxy_pass 127.0.0.1:{LINES_PORT};
    }}}}
}}}}
"""
_HTTP = (
    """\
    types {{ text/html html; text/css css; }}
    default_type application/octet-stream;
    access_log {directory}/log/access.log;
    sendfile on;
    tcp_nopush on;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
    server {{
        listen 443 ssl http2 @REUSE@ default_server;
        listen @HTTP1@:443 ssl;
        listen @HTTP1_BY_ROUTE@:443 ssl;
"""
    + TLS
    + """\
        root {directory}/www;
        client_max_body_size 100m;
        @SERVER@
        location /app/ {{
            proxy_pass http://127.0.0.1:@PORT@;
            @PROXY@
        }}
        location ~ ^/app/(sse|ws|slow)$ {{
            proxy_pass http://127.0.0.1:@PORT@;
            @STREAM@
        }}
    }}
"""
)
#: what event streams and WebSockets cannot do without
_STOCK_STREAM = """\
proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            proxy_buffering off;
            proxy_request_buffering off;
            proxy_read_timeout 1h;
            proxy_send_timeout 1h;"""


def template(variant: str, connections: int, *, with_lines: bool) -> str:
    """Return nginx.conf for the lab's str.format; `with_lines` adds the server that speaks no HTTP."""
    is_hard = variant == HARD
    words = {
        "@REUSE@": "reuseport" if with_lines else "",
        "@SERVER@": _read("ideolab-server.conf") if is_hard else "",
        "@PROXY@": slots.fit(_read("ideolab-proxy.conf"), connections) if is_hard else "",
        "@STREAM@": _read("ideolab-stream.conf") if is_hard else _STOCK_STREAM,
        "@HTTP1@": HTTP1,
        "@HTTP1_BY_ROUTE@": HTTP1_BY_ROUTE,
        "@PORT@": str(APPLICATION_PORT),
    }
    hardening = _read("ideolab-hardening.conf") + _read("ideolab-slots.conf") if is_hard else ""
    text = "http {{\n" + hardening + TEMPORARY + _HTTP + "}}\n"
    for word, value in words.items():
        text = text.replace(word, value)
    module = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n" if with_lines else ""
    return module + "worker_rlimit_nofile 16384;\n" + MAIN + text + (_STREAM if with_lines else "")


def _read(name: str) -> str:
    """Return a file of deploy/nginx for str.format."""
    return (_DEPLOY / name).read_text().replace("{", "{{").replace("}", "}}")
