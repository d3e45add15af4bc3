"""What a stranger has after pip: a new site that follows docs/django.md to the letter, and the programs."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.lab.wait import wait_until
from ideolab_f2b import __version__
from tests.distribution.build import PACKAGES, REPOSITORY, list_files
from tests.distribution.environment import Environment

_DOCS = (REPOSITORY / "docs/django.md").read_text()
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: what a site has besides: strict static files, which need DEBUG off, and pages in the reader's language
_STRICT = """
from mysite.settings import *
DEBUG = False
ALLOWED_HOSTS = ["*"]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "collected"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
MIDDLEWARE.insert(3, "django.middleware.locale.LocaleMiddleware")
"""
#: what the clicks of the admin send
_BAN = """
import os
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
django.setup()
from django.contrib.auth.models import User
from django.test import Client
from ideolab_accesslog.models import TrashIP
client = Client(SERVER_NAME="localhost")
client.force_login(User.objects.create_superuser("clicks", "c@example.org", "x"))
chosen = [row.pk for row in TrashIP.objects.all()]
assert [str(row) for row in TrashIP.objects.all()] == ["198.51.100.7"]
data = {"action": "ban_24h", "_selected_action": chosen, "confirmed": "yes"}
assert client.post("/admin/ideolab_accesslog/traship/", data).status_code == 302
"""
_HELP = """
import contextlib, sys
from ideolab_f2b.cli import main
for verb in sys.argv[1:]:
    with contextlib.suppress(SystemExit):
        main([verb, "--help"])
"""


def blocks(heading: str) -> list[tuple[str, str]]:
    """Return (language, text) of the code blocks below a heading of the page, up to the next one."""
    # one # begins a comment of Python
    text = re.split(r"^##+ ", _DOCS.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return _BLOCK.findall(text)


INSTALL = blocks("Install")
TRY = blocks("On your own machine")


@pytest.fixture(scope="module")
def site(environment: Environment) -> Path:
    """The site after the steps of the section Install, with the settings that make it work alone."""
    environment.call("python", "-m", "django", "startproject", "mysite", ".")
    with open(environment.work / "mysite/settings.py", "a") as settings:
        settings.write(INSTALL[1][1] + TRY[0][1])
    for line in INSTALL[2][1].splitlines():
        environment.call(*line.split())
    return environment.work


@pytest.fixture(scope="module")
def found(environment: Environment, site: Path) -> dict[str, Any]:
    """What look.py saw in it."""
    (site / "mysite/strict.py").write_text(_STRICT)
    (site / "look.py").write_text(Path(__file__).with_name("look.py").read_text())
    environment.call("python", "manage.py", "collectstatic", "--noinput", "--settings=mysite.strict")
    environment.call("python", "-I", "look.py")
    looked: dict[str, Any] = json.loads((site / "found.json").read_text())
    return looked


def test_the_steps_of_the_docs_leave_no_warning(environment: Environment, site: Path) -> None:
    """Nor a migration that is missing."""
    said = environment.call("python", "manage.py", "check", "--database=default", "--fail-level=WARNING")
    assert "no issues" in said
    environment.call("python", "manage.py", "makemigrations", "--check", "--dry-run")


def test_the_app_is_the_installed_one(environment: Environment, found: dict[str, Any]) -> None:
    """Otherwise this file would test the checkout."""
    assert Path(found["place"]).is_relative_to(environment.directory)


def test_every_page_of_the_admin_is_there(found: dict[str, Any]) -> None:
    """With a row in each table; adding, and deleting evidence, is for nobody, and WSGI sends no streams."""
    refused = {"add": 403, "delete": 403, "stream": 406}
    wrong = {
        url: page["status"]
        for url, page in found["pages"].items()
        if page["status"] != refused.get(url.rstrip("/").rpartition("/")[2], 200)
    }
    names = {url.partition("?")[0].rstrip("/").rpartition("/")[2] for url in found["pages"]}

    assert wrong == {}
    assert names >= {"stats", "ban", "confirm", "history", "change", "198.51.100.7", "traship", "accesslog"}
    assert names >= {"security", "data", "stream", "detail", "unban", "connmonevent"}


def test_every_static_file_of_the_pages_is_collected(found: dict[str, Any]) -> None:
    """Under its name with a hash, our own too."""
    assert {url: page["lost"] for url, page in found["pages"].items() if page["lost"]} == {}
    linked = {name for page in found["pages"].values() for name in page["linked"]}
    assert any(re.fullmatch(r"ideolab_accesslog/.+\.[0-9a-f]{12}\.js", name) for name in linked)


def test_a_french_page_is_french(found: dict[str, Any]) -> None:
    """The compiled translations are in the wheel."""
    assert "Statistiques" in found["french"]


def test_every_command_of_the_tree_explains_itself(found: dict[str, Any]) -> None:
    """`manage.py NAME --help`."""
    folder = REPOSITORY / "ideolab_accesslog/management/commands"
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"}

    assert set(found["help"]) == names
    assert [name for name, text in found["help"].items() if not text.startswith("usage: manage.py")] == []


@pytest.fixture
def served(environment: Environment, site: Path) -> Iterator[int]:
    """The port at which `manage.py runserver` answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])

    def answers() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return True
        return False

    server = environment.start("python", "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}")
    try:
        wait_until(answers, "runserver", timeout_s=120)
        yield port
    finally:
        server.terminate()
        server.communicate(timeout=120)


@pytest.mark.needs("curl")
def test_the_scenario_of_the_docs_happens(environment: Environment, site: Path, served: int) -> None:
    """What a reader types at his own machine does what the page says: lines, a ban, and its end."""

    def type_in(block: str) -> str:
        return environment.call("bash", "-c", block.replace(":8000/", f":{served}/"))

    # nobody is named
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(f"http://127.0.0.1:{served}/.git/config")
    log = site / "traship.log"
    shown = type_in(TRY[1][1]).split("\n")
    assert shown[:31] == ["404"] * 30 + ["403"]
    # a busy machine needs more than the two seconds
    wait_until(
        lambda: log.exists() and 'path="/.env"' in log.read_text(), "a line about /.env", timeout_s=120
    )
    lines = log.read_text().splitlines()
    assert len(lines) > 1
    assert {line.split()[3] for line in lines} == {"198.51.100.7"}

    environment.call("python", "-c", _BAN)
    wait_until(lambda: type_in(TRY[2][1]) == "403\n", "the site to refuse the address", timeout_s=120)
    assert "1 expired bans lifted" in type_in(TRY[3][1])
    wait_until(lambda: type_in(TRY[2][1]) == "200\n", "the site to serve the address", timeout_s=120)


def test_the_program_explains_itself(environment: Environment) -> None:
    """By its name and as a module; each verb too."""
    usage = environment.call("ideolab-f2b", "--help")
    verbs = re.findall(r"^    ([a-z]+)(?: \([a-z]+\))?  ", usage, re.MULTILINE)
    each = environment.call("python", "-I", "-c", _HELP, *verbs)

    assert environment.call("ideolab-f2b", "--version") == f"ideolab-f2b {__version__}\n"
    assert (
        environment.call("python", "-I", "-m", "ideolab_f2b", "--version") == f"ideolab-f2b {__version__}\n"
    )
    assert {"connmon", "check", "install"} <= set(verbs)
    assert re.findall(r"^usage: ideolab-f2b ([a-z]+)", each, re.MULTILINE) == verbs[:-1]


def test_the_installer_places_what_pip_brought(environment: Environment) -> None:
    """Into a staging directory, from an environment without a checkout; a dry run changes nothing."""
    stage = environment.work / "stage"
    words = ("ideolab-f2b", "install", "--root", str(stage))
    environment.call(*words, "--dry-run")
    assert not stage.exists()
    environment.call(*words)

    copy = stage / "usr/local/lib/ideolab-f2b"
    assert list_files(copy, PACKAGES[1:]) == list_files(REPOSITORY, PACKAGES[1:])
    for folder in ("filter.d", "action.d", "jail.d"):
        assert list_files(stage / "etc/fail2ban", (folder,)) >= list_files(REPOSITORY, (folder,))
