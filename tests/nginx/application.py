"""An application behind nginx: takes uploads, tells what it was told of its client, speaks websocket."""

from __future__ import annotations

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the headers of the request, or speak websocket."""
        if self.headers.get("Upgrade") == "websocket":
            self._websocket()
        else:
            self._answer(json.dumps(self.headers.items()).encode())

    def do_POST(self) -> None:
        """Answer with the number of octets that came."""
        left = int(self.headers["Content-Length"])
        taken = len(self.rfile.read(left))
        self._answer(str(taken).encode())

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _websocket(self) -> None:
        """Every byte comes back, until the client leaves."""
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.end_headers()
        while True:
            data = self.rfile.read1(1024)
            if not data:
                break
            self.wfile.write(data)
        self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        """Nobody reads it."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Application).serve_forever()
