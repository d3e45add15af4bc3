"""One variant in one process: reads how many requests to make, answers with their times."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.django_settings"

CLIENT, BANNED = "198.51.100.9", "198.51.100.66"
PATHS = {"404": "/nope/{}/", "sensitive": "/.env", "asgi": "/async/"}
HEADERS = {
    "host": "example.com",
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0",
    "accept": "text/html,application/xhtml+xml",
    "accept-language": "fr-FR,fr;q=0.9,en;q=0.8",
    "referer": "https://example.com/page/1",
}


def cookie() -> str:
    """The session of a visitor who logged in."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

    user, _ = get_user_model().objects.get_or_create(username="bob")
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session.save()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


class Wsgi:
    def __init__(self, scenario: str) -> None:
        from django.core.wsgi import get_wsgi_application

        self._application: Any = get_wsgi_application()
        self._path = PATHS.get(scenario, "/ok/")
        self._address = BANNED if scenario == "banned" else CLIENT
        self._headers = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in HEADERS.items()}
        if scenario == "visitor":
            self._headers["HTTP_COOKIE"] = cookie()
        self.status = ""

    def request(self, number: int) -> float:
        environ = {
            **{"REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": self._path.format(number)},
            **{"QUERY_STRING": "a=1&b=2", "SERVER_NAME": "example.com", "SERVER_PORT": "443"},
            **{"SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "https", "wsgi.version": (1, 0)},
            **{"wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.multithread": False},
            **{"wsgi.multiprocess": True, "wsgi.run_once": False, "REMOTE_ADDR": self._address},
            **self._headers,
        }
        began = time.perf_counter()
        response = self._application(environ, self._start)
        for _ in response:
            pass
        response.close()
        return time.perf_counter() - began

    def _start(self, status: str, _headers: Any, _error: Any = None) -> None:
        self.status = status

    def block(self, numbers: range) -> list[float]:
        return [self.request(number) for number in numbers]


class Asgi:
    def __init__(self) -> None:
        from django.core.asgi import get_asgi_application

        self._application: Any = get_asgi_application()
        self._loop = asyncio.new_event_loop()
        self.status = ""

    async def request(self, _number: int) -> float:
        scope = {
            **{"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET"},
            **{"scheme": "https", "path": "/async/", "raw_path": b"/async/", "query_string": b"a=1&b=2"},
            **{"root_path": "", "client": (CLIENT, 50000), "server": ("example.com", 443)},
            "headers": [(name.encode(), text.encode()) for name, text in HEADERS.items()],
        }
        asked = False

        async def receive() -> dict[str, Any]:
            nonlocal asked
            if asked:
                await asyncio.sleep(3600)
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            self.status = str(message.get("status", self.status))

        began = time.perf_counter()
        await self._application(scope, receive, send)
        return time.perf_counter() - began

    def block(self, numbers: range) -> list[float]:
        async def all_of_them() -> list[float]:
            return [await self.request(number) for number in numbers]

        return self._loop.run_until_complete(all_of_them())


def prepare(scenario: str) -> None:
    """The tables, and the banned address where it is one."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    if scenario == "banned":
        from ideolab_accesslog.models import TrashIP

        TrashIP.objects.update_or_create(ip=BANNED, defaults={"is_banned": True})


def store_rows() -> None:
    """Store what waits between the blocks, so that each pays only for its own rows."""
    from ideolab_accesslog.access import recorder

    recorder.flush()


def main() -> None:
    scenario = sys.argv[1]
    prepare(scenario)
    site: Any = Asgi() if scenario == "asgi" else Wsgi(scenario)
    # the first turns of the thread bring the ban set
    site.block(range(50))
    time.sleep(1.0)
    site.block(range(50, 100))
    store_rows()
    gc.collect()
    print("ready", flush=True)
    number = 1000
    for line in sys.stdin:
        times = site.block(range(number, number + int(line)))
        number += int(line)
        store_rows()
        print(json.dumps({"times": times, "status": site.status[:3]}), flush=True)


if __name__ == "__main__":
    main()
