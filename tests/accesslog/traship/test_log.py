"""The lines for fail2ban: what they say, who they name, and that none is lost or torn."""

from __future__ import annotations

import logging
import logging.config
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from demo.lab.child import REPOSITORY, environment
from ideolab_accesslog.traship import log
from ideolab_accesslog.traship.log import TrashipHandler, format_line
from ideolab_accesslog.traship.offence import CRAWLER, CROSS_SITE, Offence
from tests.nginx.replay import matcher, quiet

WHEN = 1_795_359_121.5
MADE = Offence("198.51.100.7", WHEN, "dotfile", 403, "GET", "/.env", "curl/8")
_WIRING = """
    LOGGING = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {
            "traship": {
                "class": "ideolab_accesslog.handlers.TrashipHandler",
                "filename": FILENAME,
            }
        },
        "loggers": {"ideolab_accesslog.traship": {"handlers": ["traship"], "propagate": False}},
    }
"""


@pytest.fixture(autouse=True, scope="module")
def fail2ban_log() -> Iterator[None]:
    """The filters are run with fail2ban's log silenced; other tests read it."""
    fail2ban = logging.getLogger("fail2ban")
    before = fail2ban.level
    quiet()
    yield
    fail2ban.setLevel(before)


@pytest.fixture
def own_logger() -> Iterator[logging.Logger]:
    """The logger, as it was again afterwards."""
    # else a handler that another test had added would come back afterwards
    log.forget()
    found = log.logger
    before = (found.handlers[:], found.propagate, found.level)
    yield found
    log.forget()
    found.handlers[:], found.propagate = before[:2]
    found.setLevel(before[2])


def test_the_line() -> None:
    """The grammar of the design, and the rule at its end."""
    assert format_line(MADE) == (
        "2026-11-22T14:52:01.500+0000 traship: offence 198.51.100.7 reason=sensitive_path status=403 "
        'method=GET path="/.env" agent="curl/8" rule="dotfile"'
    )
    assert format_line(MADE._replace(rule="", status=404, address="2001:db8::7", method="get /\n")) == (
        "2026-11-22T14:52:01.500+0000 traship: offence 2001:db8::7 reason=404_burst status=404 method=OTHER "
        'path="/.env" agent="curl/8" rule=""'
    )


def test_the_wiring_of_the_docs(tmp_path: Path, own_logger: logging.Logger) -> None:
    """The text in traship/log.py and docs/traship.md, as it stands there."""
    shown = _WIRING.replace("FILENAME", '"/var/log/ideolab/traship.log"')
    docs = textwrap.dedent((REPOSITORY / "docs" / "traship.md").read_text())
    assert shown.strip() in str(log.__doc__)
    assert textwrap.dedent(shown).strip() in docs

    names: dict[str, Any] = {"FILENAME": str(tmp_path / "traship.log")}
    exec(textwrap.dedent(_WIRING), names)  # noqa: S102
    logging.config.dictConfig(names["LOGGING"])
    log.write(MADE)

    assert (tmp_path / "traship.log").read_text() == format_line(MADE) + "\n"


def test_without_any_wiring(tmp_path: Path, own_logger: logging.Logger) -> None:
    """TRASHIP_LOG is written; other records of the logger are not."""
    with override_settings(TRASHIP_LOG=str(tmp_path / "own.log")):
        log.write(MADE)
        log.write(MADE)
        own_logger.warning("traship: offence 203.0.113.9 reason=sensitive_path status=403 method=GET")

    assert (tmp_path / "own.log").read_text() == (format_line(MADE) + "\n") * 2


def test_a_log_that_cannot_be_written(
    tmp_path: Path, own_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    """Is told once, and the lines are counted."""
    handler = TrashipHandler(tmp_path / "missing" / "traship.log")
    own_logger.addHandler(handler)
    with caplog.at_level(logging.ERROR, "ideolab_accesslog"):
        log.write(MADE)
        log.write(MADE)

    assert handler.lost == 2
    assert len([record for record in caplog.records if "fail2ban does not learn" in record.message]) == 1


def test_other_handlers_see_escaped_text(
    own_logger: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    """A console or Sentry gets no line feed of a client's either."""
    with override_settings(TRASHIP_LOG=""), caplog.at_level(logging.WARNING, log.NAME):
        log.write(MADE._replace(path="/.env\nroot: x"))

    assert caplog.messages == [
        "offence 198.51.100.7 reason=sensitive_path status=403 method=GET "
        'path="/.env\\x0aroot: x" agent="curl/8" rule="dotfile"'
    ]


_SILENT = """
    import django
    from django.conf import settings

    settings.configure(INSTALLED_APPS=["ideolab_accesslog"], TRASHIP_LOG="", USE_TZ=True)
    django.setup()
    from ideolab_accesslog.traship import log
    from ideolab_accesslog.traship.offence import Offence

    log.write(Offence("198.51.100.7", 1795359121.5, "dotfile", 403, "GET", "/.env", "curl/8"))
"""


def test_no_log_is_no_line_on_stderr_either() -> None:
    """Where nothing takes a warning, Python itself would write each line of a scan there."""
    program = textwrap.dedent(_SILENT)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), cwd=REPOSITORY, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


FILTERS = {mode: matcher("ideolab-traship", mode) for mode in ("sensitive", "burst", "all", "cross_site")}
VICTIM = "203.0.113.9"
_WORDS = f"traship: offence {VICTIM} reason=sensitive_path status=403 method=GET path="
_LINE = f"2026-11-22T14:52:01+0000 {_WORDS}"
_LINES = [before + _LINE for before in ("\n", '" ', "\r\n", "\u2028", "\x00", '\\"\n')]
HOSTILE = (
    st.text(max_size=300)
    | st.sampled_from(_LINES)
    | st.text(alphabet='"\\ \n\r\x00=/:.traship offence203113', max_size=200)
    | st.binary(max_size=200).map(lambda data: data.decode("latin-1"))
    | st.binary(max_size=200).map(lambda data: data.decode("utf-8", "surrogateescape"))
)  # fmt: skip
ADDRESSES = (st.ip_addresses(network="198.51.100.0/24") | st.ip_addresses(network="2001:db8::/32")).map(str)


def named(mode: str, text: str) -> list[str]:
    """The addresses that fail2ban's own filter takes from what a log holds."""
    lines = text.split("\n")
    return [str(found[1]) for line in lines for found in FILTERS[mode].processLine(line)]


@given(ADDRESSES, st.booleans(), HOSTILE, HOSTILE, HOSTILE)
def test_no_text_changes_who_is_named(
    address: str, is_sensitive: bool, method: str, path: str, agent: str
) -> None:
    """Whatever a client sends as method, path or agent: exactly the client, in exactly its mode."""
    rule = "dotfile" if is_sensitive else ""
    line = format_line(Offence(address, time.time(), rule, 404, method, path, agent))

    assert named("all", line) == [address]
    assert named("sensitive", line) == ([address] if is_sensitive else [])
    assert named("burst", line) == ([] if is_sensitive else [address])
    assert named("cross_site", line) == []


@given(ADDRESSES, st.sampled_from((CROSS_SITE, CRAWLER)), HOSTILE, HOSTILE, HOSTILE)
def test_no_text_makes_an_excused_line_count(
    address: str, excuse: str, method: str, path: str, agent: str
) -> None:
    """The page that sends a visitor chooses the path, and maybe the agent; never the reason."""
    line = format_line(Offence(address, time.time(), "dotfile", 403, method, path, agent, excuse))

    assert [named(mode, line) for mode in ("all", "sensitive", "burst")] == [[], [], []]
    assert named("cross_site", line) == ([address] if excuse == CROSS_SITE else [])


@given(HOSTILE)
def test_no_other_line_names_anybody(text: str) -> None:
    """A text in a line of others is no line of ours."""
    if "\n" not in text:
        assert named("all", f"2026-11-22T14:52:01+0000 x: {text}") == []


_WRITER = textwrap.dedent(
    """
    import sys
    from ideolab_accesslog.traship.log import TrashipHandler
    from ideolab_accesslog.traship.offence import Offence
    import logging
    logger = logging.getLogger("x")
    logger.addHandler(TrashipHandler(sys.argv[1]))
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(int(sys.argv[3])):
        path = f"/{sys.argv[2]}-{number}"
        offence = Offence("198.51.100.7", 1795359121.0, "dotfile", 403, "GET", path, "x" * 900)
        logger.warning("", extra={"offence": offence})
    """
)


@pytest.mark.needs("logrotate")
def test_many_processes_and_logrotate(tmp_path: Path) -> None:
    """Six processes write while the log is rotated again and again: every line is there, whole, and once."""
    path, count = tmp_path / "traship.log", 1500
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(path), str(number), str(count)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY,
            env={**environment(), "DJANGO_SETTINGS_MODULE": "tests.accesslog.settings"},
        )
        for number in range(6)
    ]  # fmt: skip
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    config = tmp_path / "rotation"
    config.write_text(f"{path} {{\n rotate 100\n missingok\n create 0640\n}}\n")
    config.chmod(0o644)
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.flush()
    turns = 0
    while any(writer.poll() is None for writer in writers) and turns < 60:
        rotate = ["/usr/sbin/logrotate", "--force", "--state", str(tmp_path / "state"), str(config)]
        subprocess.run(rotate, check=True, timeout=120)
        turns += 1
        # what a writer created before logrotate could is called after the hour: the next would replace it
        for backup in tmp_path.glob("traship.log-*.backup"):
            backup.rename(tmp_path / f"traship.log.before-{turns}")
    for writer in writers:
        writer.communicate(timeout=180)

    text = "".join(path.read_text() for path in tmp_path.glob("traship.log*"))
    # an empty line heals what looked like a writer's half line while another process wrote
    lines = [line for line in text.splitlines() if line]
    told = Counter(line.partition(' path="/')[2].partition('"')[0] for line in lines)
    assert turns > 1
    assert told == Counter(f"{writer}-{number}" for writer in range(6) for number in range(count))
