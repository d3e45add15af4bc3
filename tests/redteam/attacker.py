"""The web server of somebody who wants the visitors of another site banned."""

from __future__ import annotations

import contextlib
import http.server
import ssl
import threading
import urllib.parse
from collections.abc import Iterator, Mapping
from pathlib import Path

from demo.lab.namespace import Namespace

PORT, TLS_PORT = 8080, 8443
#: the addresses of his pages: another site, and a neighbour below the same domain
PLAIN = f"http://www.evil.example:{PORT}"
SECURE = f"https://www.evil.example:{TLS_PORT}"
NEIGHBOUR = f"https://blog.lab.example:{TLS_PORT}"


@contextlib.contextmanager
def attacker(client: Namespace, certificate: Path, pages: Mapping[str, str]) -> Iterator[None]:
    """Serve `pages` by their name, `NAME.js` as a script, and `/to?URL` as a redirect to that URL."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            name, _mark, query = self.path[1:].partition("?")
            body = pages.get(name, "").encode()
            self.send_response(302 if name == "to" else 200 if body else 404)
            if name == "to":
                self.send_header("Location", urllib.parse.unquote(query))
            self.send_header("Content-Type", "text/javascript" if name.endswith(".js") else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            pass

    with contextlib.ExitStack() as undo:
        for port in (PORT, TLS_PORT):
            with client.enter():
                server = http.server.ThreadingHTTPServer(("0.0.0.0", port), Handler)
            server.daemon_threads = True
            undo.callback(server.server_close)
            if port == TLS_PORT:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate / "lab.crt", certificate / "lab.key")
                server.socket = context.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever, daemon=True, name="attacker's pages")
            thread.start()
            undo.callback(thread.join)
            undo.callback(server.shutdown)
        yield
