"""An application behind nginx: takes uploads, tells what it was told of its client, holds streams open."""

from __future__ import annotations

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BufferedIOBase
from typing import Optional


class Application(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the headers of the request; speak websocket, send events, or take a minute."""
        if self.headers.get("Upgrade") == "websocket":
            self._websocket()
        elif self.path.endswith("/events"):
            self._send_events()
        elif self.path.endswith("/slow"):
            time.sleep(60)
        elif self.path.endswith("/408"):
            self._answer(b"", 408)
        else:
            self._answer(json.dumps(self.headers.items()).encode())

    def do_POST(self) -> None:
        """Answer with the number of octets that came, or echo each chunk as it comes."""
        if "Content-Length" in self.headers:
            taken = len(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(str(taken).encode())
        elif self.path.endswith("/mute"):
            self._take_chunks()
        else:
            self._echo()

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _send_events(self) -> None:
        """One event at once and one each second, until the client leaves."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(b"data: 1\n\n")
            time.sleep(1)

    def _echo(self) -> None:
        """A stream in both directions, as gRPC has it: what comes in chunks goes back at once."""
        self.send_response(200)
        self.send_header("Content-Type", "application/grpc")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self._take_chunks(self.wfile)

    def _take_chunks(self, back: Optional[BufferedIOBase] = None) -> None:
        """Read a body that comes in chunks; each goes back at once, or nowhere."""
        while size := int(self.rfile.readline() or b"0", 16):
            data = self.rfile.read(size)
            if back:
                back.write(data)
            self.rfile.readline()

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
    # three hundred clients may come at once
    ThreadingHTTPServer.request_queue_size = 512
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Application).serve_forever()
