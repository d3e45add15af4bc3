"""workers: what nginx.conf and the installer's file say."""

from __future__ import annotations

import pytest

from ideolab_f2b.connmon.pressure import workers
from ideolab_f2b.connmon.pressure.workers import Workers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("worker_processes auto;\nevents { worker_connections 768; }", (4, 768)),
        ("worker_processes 2;\nevents {\n\tworker_connections  1024;\n\t# multi_accept on;\n}", (2, 1024)),
        ("events{worker_connections 64;}", (1, 64)),
        ("events {}", (1, 512)),
        ("worker_rlimit_nofile 256; events { worker_connections 1024; }", (1, 256)),
        ("worker_rlimit_nofile 65535; events { worker_connections 1024; }", (1, 1024)),
        ("", (1, 512)),
        ("# worker_processes 8;\nevents { #worker_connections 9;\n}", (1, 512)),
        ("user www-data; worker_processes 3; # worker_processes 8;", (3, 512)),
        ("set $my_worker_connections 7;", (1, 512)),
    ],
)
def test_the_configuration(text: str, found: tuple[int, int]) -> None:
    """nginx's own defaults stand for what is not there; comments do not count."""
    assert workers.parse_config(text, 4, "/etc/nginx/nginx.conf") == Workers(*found, "/etc/nginx/nginx.conf")


def test_the_record_comes_back() -> None:
    """What the installer writes, connmon reads."""
    found = Workers(4, 768, "/etc/nginx/nginx.conf", 1_700_000_000)

    assert workers.parse_record(workers.format_record(found)) == found
    assert found.capacity == 3072


@pytest.mark.parametrize(
    "text",
    [
        "",
        "config = /x\n",
        "worker_processes = 2\nworker_connections = 5\n",
        "config = /x\nchanged = 1\nworker_processes = x\nworker_connections = 5\n",
        "config = /x\nchanged = 1\nworker_processes = 0\nworker_connections = 5\n",
        "config = /x\nchanged = 1\nworker_processes = 99999\nworker_connections = 99999\n",
    ],
)
def test_a_garbled_record_is_none(text: str) -> None:
    """A number that no nginx has would hide that a server is full."""
    assert workers.parse_record(text) is None


def test_a_dump_has_all_files() -> None:
    """The numbers stand in any of them; the first file is the one that nginx reads first."""
    text = """\
# configuration file /etc/nginx/nginx.conf:
worker_processes 2;
include /etc/nginx/events.conf;

# configuration file /etc/nginx/events.conf:
events { worker_connections 1000; }
"""

    assert workers.parse_dump(text, 4) == Workers(2, 1000, "/etc/nginx/nginx.conf")
    assert workers.parse_dump("nginx: [emerg] nonsense", 4) is None
