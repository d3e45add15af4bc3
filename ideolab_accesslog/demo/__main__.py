"""`python -m ideolab_accesslog.demo`: a throw-away site with a played attack, on this machine only."""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

NAME = "admin"
_ADDRESS = "127.0.0.1"


def main(words: Sequence[str]) -> int:
    """Make the site, serve it until Ctrl-C, and delete it."""
    options = _parse(words)
    try:
        import django
    except ImportError:
        print("Django is missing: pip install 'ideolab-f2b[django]'", file=sys.stderr)
        return 1
    try:
        # `runserver` would end the process at once, and the directory would stay
        socket.create_server((_ADDRESS, options.port)).close()
    except OSError as error:
        why = os.strerror(error.errno or 0)
        print(f"{_ADDRESS}:{options.port}: {why}; choose another --port", file=sys.stderr)
        return 1
    # a service manager's stop is a good end too: the directory goes
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="ideolab-demo-") as directory:
        _set_up(django, Path(directory))
        try:
            _serve(Path(directory), options)
        except (KeyboardInterrupt, SystemExit):
            # `runserver` ends so
            print("\nThe site and its database are deleted.")
        finally:
            _stop()
    return 0


def _parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ideolab_accesslog.demo",
        description="A throw-away Django site with a played attack, for a look at the security dashboard. It "
        f"listens on {_ADDRESS} only, tells no firewall, and is deleted when it ends.",
    )
    # `security_demo` has the same bounds of the events
    number = _make_type(100, 50_000)
    parser.add_argument("--port", type=_make_type(1, 65_535), default=8000, help="the port (8000)")
    parser.add_argument("--events", type=number, default=3000, help="how many events, 100 to 50000 (3000)")
    parser.add_argument("--seed", type=int, default=1, help="another number is another attack (1)")
    return parser.parse_args(words)


def _make_type(first: int, last: int) -> Callable[[str], int]:
    """Return what reads a whole number of this span."""

    def read(text: str) -> int:
        if not text.isdecimal() or not first <= int(text) <= last:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {first} to {last}")
        return int(text)

    return read


def _set_up(django: Any, directory: Path) -> None:
    from django.conf import settings

    from ideolab_accesslog.demo.project import make_settings

    settings.configure(**make_settings(directory))
    django.setup()


def _serve(directory: Path, options: argparse.Namespace) -> None:
    from django.core.management import call_command

    from ideolab_accesslog.demo import live, people

    call_command("migrate", verbosity=0)
    words = (f"--events={options.events}", f"--seed={options.seed}", f"--metrics-dir={directory}")
    call_command("security_demo", *words)
    password = secrets.token_urlsafe(9)
    people.create(NAME, password)
    print(f"\n  http://{_ADDRESS}:{options.port}/   name: {NAME}   password: {password}\n", flush=True)
    with live.go_on(directory, options.events, Random(options.seed)):  # noqa: S311 (no secret)
        call_command("runserver", f"{_ADDRESS}:{options.port}", use_reloader=False, verbosity=0)


def _stop() -> None:
    """Store what the app's thread still has, before its database goes."""
    from ideolab_accesslog.access import recorder

    recorder.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
