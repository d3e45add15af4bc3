"""README's two minutes, word for word: a new environment from the package index, and the throw-away site."""

from __future__ import annotations

import http.client
import http.cookiejar
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, Optional

import pytest

from demo.lab.wait import wait_until
from tests.distribution.build import REPOSITORY, copy_tree

_README = (REPOSITORY / "README.md").read_text()
#: the lines of the block, without their comments
LINES = [
    line.partition("  #")[0].strip()
    for line in _README.partition("## See the dashboard in two minutes\n\n```\n")[2]
    .partition("```")[0]
    .splitlines()
]


class DemoSite(NamedTuple):
    """A site that runs: where it is, who may enter, and what it has printed."""

    base: str
    name: str
    password: str
    process: subprocess.Popen[str]
    home: Path


def make_environment(home: Path) -> dict[str, str]:
    """What a person's shell has: home, path, and the way to the package index."""
    index = ("PIP_", "SSL_", "REQUESTS_", "HTTP", "http", "no_proxy", "NO_PROXY")
    kept = {name: value for name, value in os.environ.items() if name.startswith(index)}
    path = f"{Path(sys.base_prefix, 'bin')}:{os.environ['PATH']}"
    return {**kept, "PATH": path, "HOME": str(home), "TMPDIR": str(home), "LANG": "C.UTF-8"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, which stands for the clone, with the environment of README's second line."""
    root = copy_tree(tmp_path_factory.mktemp("tree"))
    made = subprocess.run(
        ["bash", "-ec", LINES[1]],
        cwd=root,
        env=make_environment(tmp_path_factory.mktemp("home")),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return root


@contextmanager
def run_site(checkout: Path, home: Path) -> Iterator[DemoSite]:
    """README's last line, at a free port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = home / "printed"
    with log.open("w") as file:
        process = subprocess.Popen(
            [*LINES[2].split(), "--port", str(port)],
            cwd=checkout,
            env={**make_environment(home), "PYTHONUNBUFFERED": "1"},
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
        )
    try:
        wait_until(lambda: "password: " in log.read_text(), "the password", timeout_s=120)
        found = re.search(r"(http://127\.0\.0\.1:\d+)/   name: (\w+)   password: (\S+)", log.read_text())
        assert found, log.read_text()
        wait_until(lambda: answers("127.0.0.1", port), "the site", timeout_s=120)
        yield DemoSite(found[1], found[2], found[3], process, home)
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def site(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSite]:
    """The site that the tests look at."""
    with run_site(checkout, tmp_path_factory.mktemp("home")) as running:
        yield running


def answers(address: str, port: int) -> bool:
    """Whether somebody listens."""
    try:
        socket.create_connection((address, port)).close()
    except OSError:
        return False
    return True


def log_in(site: DemoSite) -> urllib.request.OpenerDirector:
    """A client that has entered the admin with what was printed."""
    jar = http.cookiejar.CookieJar()
    client = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    read(client, f"{site.base}/admin/login/")
    token = next(cookie.value for cookie in jar if cookie.name.endswith("csrf"))
    words = {"username": site.name, "password": site.password, "csrfmiddlewaretoken": token or ""}
    address = f"{site.base}/admin/login/?next=/admin/"
    assert "Log out" in read(client, address, urllib.parse.urlencode(words).encode())
    return client


def read(client: urllib.request.OpenerDirector, address: str, data: Optional[bytes] = None) -> str:
    """The text of a page."""
    with client.open(address, data) as answer:
        text: str = answer.read().decode()
    return text


def test_the_block_is_what_is_tested() -> None:
    """At most five lines; the first one clones."""
    assert LINES == [
        "git clone https://github.com/ideolab/ideolab-f2b && cd ideolab-f2b",
        "python3 -m venv .venv-demo && .venv-demo/bin/pip install '.[django]'",
        ".venv-demo/bin/python -m ideolab_accesslog.demo",
    ]
    docs = (REPOSITORY / "docs/dashboard.md").read_text()
    assert "\n".join(LINES[1:]) in docs


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/admin/ideolab_accesslog/accesslog/", "/articles/"),
        ("/admin/ideolab_accesslog/traship/?q=198.18.0.7", "198.18.0.7"),
        ("/admin/ideolab_accesslog/firewallactionlog/", "alice (played)"),
        ("/admin/ideolab_accesslog/traship/address/198.18.0.7/", "198.18.0.7"),
    ],
)
def test_the_site_shows_the_attack(site: DemoSite, page: str, words: str) -> None:
    """Lists, and the page of an address, with what belongs to them."""
    assert words in read(log_in(site), site.base + page)


def test_the_dashboard_is_the_first_page(site: DemoSite) -> None:
    """It has the names of the played providers."""
    text = read(log_in(site), site.base)

    assert "EXAMPLE-CLOUD Example Cloud, US" in text


@pytest.mark.parametrize("host", ["shop.example.org", "192.0.2.1", "0.0.0.0"])
def test_no_other_name_is_answered(site: DemoSite, host: str) -> None:
    """Neither a proxy's nor one that a stranger's page leads here by."""
    connection = http.client.HTTPConnection("127.0.0.1", int(site.base.rpartition(":")[2]), timeout=60)
    with closing(connection):
        connection.request("GET", "/", headers={"Host": host})
        assert connection.getresponse().status == 400


def test_nobody_else_can_reach_it(site: DemoSite) -> None:
    """It listens on one address, and no option changes that."""
    port = int(site.base.rpartition(":")[2])

    assert answers("127.0.0.1", port)
    # who listens everywhere is there too
    assert not answers("127.0.0.2", port)


def test_nothing_is_left(checkout: Path, tmp_path: Path) -> None:
    """Ctrl-C deletes the directory, and ends without an error."""

    def find_directories() -> list[str]:
        return [path.name for path in tmp_path.iterdir() if path.name.startswith("ideolab-demo-")]

    with run_site(checkout, tmp_path) as site:
        assert len(find_directories()) == 1
        site.process.send_signal(signal.SIGINT)
        assert site.process.wait(timeout=120) == 0

    assert find_directories() == []
    printed = (tmp_path / "printed").read_text()
    assert printed.endswith("The site and its database are deleted.\n")
    assert "Traceback" not in printed


def test_a_port_that_is_taken(checkout: Path, tmp_path: Path) -> None:
    """The way out is named, and nothing is made."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*LINES[2].split(), "--port", port],
            cwd=checkout,
            env=make_environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=120,
        )

    assert done.returncode == 1
    assert done.stderr == f"127.0.0.1:{port}: Address already in use; choose another --port\n"
    assert list(tmp_path.iterdir()) == []
