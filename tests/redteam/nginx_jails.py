"""A real nginx with the files of deploy/nginx, the intake, and fail2ban with the nginx jails as shipped."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence

from demo.lab.child import REPOSITORY
from demo.lab.fail2ban import Fail2ban
from demo.lab.fail2ban_config import write_distribution
from demo.lab.nginx import MAIN, TEMPORARY, TLS
from ideolab_f2b.kernel.ipset.sets import Sets
from tests.intake.front import UID, Front, front, intake

#: jail -> the log that it reads, and its kernel set
JAILS = {
    "nginx-ideolab-slowtls": ("nginx-error.log", "ideolab_slowtls"),
    "nginx-ideolab-probe": ("nginx-error.log", "ideolab_probe"),
    "nginx-ideolab-stalled": ("nginx-access.log", "ideolab_stalled"),
}
#: the shortest times that a test can wait for
TIMES = "client_header_timeout 2s; client_body_timeout 2s; send_timeout 2s; http2_max_concurrent_streams 128;"


def _ours(name: str) -> str:
    """Return a file of deploy/nginx for str.format, with the lab's socket."""
    text = (REPOSITORY / "deploy/nginx" / name).read_text().replace("{", "{{").replace("}", "}}")
    return text.replace("/run/ideolab/nginx.sock", "{directory}/../run/nginx.sock")


TEMPLATE = (
    MAIN
    + _ours("ideolab-feed.conf")
    + "http {{\n"
    + TEMPORARY
    + _ours("ideolab-log.conf")
    + _ours("ideolab-served.conf")
    + _ours("ideolab-stalled.conf")
    + TIMES
    + """
    keepalive_requests 10000;
    server {{
        listen 443 ssl http2 default_server;
        listen [::]:443 ssl http2 default_server;
"""
    + TLS
    + """\
        root {directory}/www;
        location /up {{ proxy_pass http://127.0.0.1:9; client_max_body_size 100m; }}
    }}
}}
"""
)


@contextlib.contextmanager
def guarded(prefix: str) -> Iterator[tuple[Front, Fail2ban]]:
    """All of it running between `with` and its end."""
    with front(prefix, TEMPLATE) as place:
        logs = place.directory / "log"
        for name, _set in JAILS.values():
            (logs / name).touch()
            os.chown(logs / name, UID, UID)
        jails = "".join(
            f"[{jail}]\nenabled = true\nlogpath = {logs / log}\n" for jail, (log, _set) in JAILS.items()
        )
        fail2ban = Fail2ban(
            place.server, place.directory / "fail2ban", jails, tuple(JAILS), write_config=write_distribution
        ).start()
        try:
            with intake(place):
                yield place, fail2ban
        finally:
            fail2ban.stop()


def banned(place: Front, family: str = "") -> dict[str, Sequence[str]]:
    """Return what the kernel holds by set; `family` 6 for IPv6."""
    with place.server.enter():
        sets = Sets()
    try:
        names = [f"{name}{family}" for _log, name in JAILS.values()]
        return {name: sorted(str(one.network) for one in sets.elements(name)) for name in names}
    finally:
        sets.close()
