"""The logs of the pack: one table, and every file that names them is made from it or agrees with it."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.lab.fail2ban_config import write_smallest
from ideolab_f2b import fail2ban_client, fail2ban_config
from ideolab_f2b.config import Paths
from ideolab_f2b.install import logs
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.plan import plan
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.steps.log import Log
from ideolab_f2b.places import ALL_JAILS, LIBRARY, LOGS, NO_LOG, ROTATION, TMPFILES
from tests.host.overlay import REPOSITORY
from tests.install.test_plan import HERE

USUAL = Paths()
NAMES = [log.path(USUAL).name for log in LOGS]
OWN = [str(log.path(USUAL)) for log in LOGS if not log.is_site and not log.is_import]
IMPORTED = [str(log.path(USUAL)) for log in LOGS if log.is_import]
SITE = [str(log.path(USUAL)) for log in LOGS if log.is_site]


def words(text: str) -> list[str]:
    """The paths of logs that stand outside of comments, in order."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    return re.findall(r"/var/log/ideolab/[^\s{]+", "\n".join(lines))


def installed(checkout: Source, path: str, web_group: str | None) -> str:
    steps = plan(checkout, Host(), HERE, "", web_group=web_group)
    (text,) = [step.content.decode() for step in steps if isinstance(step, File) and step.path == path]
    return text


def test_the_table() -> None:
    """Each log of the settings once; who may write it, and which jails need it."""
    group = "www-data"
    assert [(log.path(USUAL).name, log.jails, log.group(group), log.mode(group)) for log in LOGS] == [
        ("connmon.log", ("ideolab-connmon", "ideolab-connmon-net"), "adm", 0o640),
        ("connmon-observed.log", (), "adm", 0o640),
        ("connmon_events.jsonl", (), "www-data", 0o640),
        ("nginx-error.log", ("nginx-ideolab-slowtls", "nginx-ideolab-probe"), "adm", 0o640),
        ("nginx-access.log", ("nginx-ideolab-stalled",), "adm", 0o640),
        ("manual.log", ("ideolab-manual",), "www-data", 0o660),
        ("traship.log", ("ideolab-traship",), "www-data", 0o660),
    ]  # fmt: skip
    assert {(log.group(None), log.mode(None)) for log in LOGS} == {("adm", 0o640)}
    paths = {path for name in dir(USUAL) if isinstance(path := getattr(USUAL, name), Path)}
    assert {log.path(USUAL) for log in LOGS} == {path for path in paths if path.parent == USUAL.log_dir}


#: the settings name the files; what names one of them alone is about that one
_MAY_LIST = {"ideolab_f2b/config.py"}


def test_no_other_file_lists_the_logs() -> None:
    """A second list would miss the next log: programs and what goes to a host have the table."""
    places = [path for top in ("ideolab_f2b", "deploy", "scripts") for path in (REPOSITORY / top).rglob("*")]
    found = set()
    for path in places:
        if path.is_file() and path.suffix != ".pyc":
            text = re.sub(r'^\s*(#.*|"""(?:.|\n)*?""")$', "", path.read_text("utf-8", "replace"), flags=re.M)
            if sum(name in text for name in NAMES) > 1:
                found.add(str(path.relative_to(REPOSITORY)))

    assert found == _MAY_LIST


def test_the_document_lists_the_logs() -> None:
    """Each with who writes it; docs/install.md is where people look."""
    text = (REPOSITORY / "docs/install.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    listed = [row.split("`")[1] for row in rows if row.split("`")[1:2] and row.split("`")[1] in NAMES]

    assert listed == NAMES
    for log in LOGS:
        (row,) = [row for row in rows if row.startswith(f"| `{log.path(USUAL).name}` |")]
        assert all(f"`{jail}`" in row for jail in log.jails)
        assert (f"`{log.option}`" in row) == bool(log.option) or log.is_site


@pytest.mark.parametrize(("group", "owner", "mode"), [(None, "adm", "0640"), ("web", "web", "0660")])
def test_tmpfiles_makes_each_log_as_the_install_does(
    checkout: Source, group: str | None, owner: str, mode: str
) -> None:
    """A boot takes nothing away from the site, and an emptied /var/log is filled again."""
    text = installed(checkout, TMPFILES, group)
    lines = [line.split() for line in text.splitlines() if line.startswith("f ")]
    steps = [step for step in plan(checkout, Host(), HERE, "", web_group=group) if isinstance(step, Log)]

    assert [(w[1], int(w[2], 8), w[3], w[4]) for w in lines] == [
        (step.path, step.mode, step.user, step.group) for step in steps
    ]
    assert f"f /var/log/ideolab/connmon_events.jsonl 0640 ideolab {owner} -\n" in text
    assert f"f /var/log/ideolab/manual.log {mode} ideolab {owner} -\n" in text
    assert (f"f /var/log/ideolab/traship.log {mode} ideolab {owner} -\n" in text) == (group is not None)
    assert "@" not in text


def test_logrotate_rotates_each_log_once(checkout: Source) -> None:
    """By its name: a pattern would miss a new one, or take one of the other part."""
    parts = installed(checkout, ROTATION, None).split("}\n")

    assert [words(part) for part in parts] == [OWN, IMPORTED, SITE, []]
    assert "@" not in "".join(parts)


def test_what_the_site_imports_it_may_only_read(checkout: Source) -> None:
    """After a rotation too: the new file, and what is compressed, belong to its group."""
    part = installed(checkout, ROTATION, "web").split("}\n")[1]

    assert ("su ideolab web" in part, "create 0640 ideolab web" in part) == (True, True)


def test_other_directories_reach_every_file() -> None:
    """A log_dir of the admin's."""
    paths = Paths(log_dir=Path("/srv/log"))

    assert "f /srv/log/manual.log 0660 ideolab web -" in logs.fill_tmpfiles("@LOGS@", paths, "web")
    assert logs.fill_rotation("@SITE_LOGS@", paths, None) == "/srv/log/manual.log\n/srv/log/traship.log"


def test_jails_read_these_logs(checkout: Source) -> None:
    """The table and jail.d agree; install enables no other jail."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(checkout.read("jail.d/ideolab.conf").decode())
    paths = {jail: parser.get(jail, "logpath").split() for jail in parser.sections()}
    read = {jail: words[0] for jail, words in paths.items()}

    assert {jail: read[jail] for jail in ALL_JAILS} == {
        jail: str(Path(USUAL.log_dir, log)) if log else NO_LOG for jail, log in ALL_JAILS.items()
    }
    assert set(read.values()) == {NO_LOG, *(str(log.path(USUAL)) for log in LOGS if log.jails)}
    # without any log of a jail, fail2ban would not start
    assert {words[-1] for words in paths.values()} == {NO_LOG}
    assert f"{LIBRARY}/deploy/no-log" == NO_LOG
    assert "deploy/no-log" in checkout.everything()


@pytest.mark.needs("fail2ban")
def test_a_missing_log_stops_no_jail(tmp_path: Path) -> None:
    """fail2ban reads its configuration all the same; without the file in the log's place it would not."""
    write_smallest(tmp_path)
    jails = tmp_path / "config/jail.d/ideolab.conf"
    (tmp_path / "config/jail.local").write_text("".join(f"[{jail}]\nenabled = true\n" for jail in ALL_JAILS))
    no_log = tmp_path / "no-log"
    jails.write_text(jails.read_text().replace(NO_LOG, str(no_log)))
    with pytest.raises(fail2ban_client.ClientError, match="Have not found any log file"):
        fail2ban_client.ask("-t", options=("-c", str(tmp_path / "config")))

    no_log.touch()

    assert "successful" in fail2ban_client.ask("-t", options=("-c", str(tmp_path / "config")))
    assert fail2ban_config.read(tmp_path / "config").jails.keys() == ALL_JAILS.keys()


@pytest.fixture
def open_path() -> Iterator[Path]:
    """A directory that every user reaches."""
    with tempfile.TemporaryDirectory(prefix="f2b-logs-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.root
@pytest.mark.parametrize("name", ["ideolab-connmon", "ideolab-intake"])
def test_init_scripts_make_what_tmpfiles_makes(checkout: Source, open_path: Path, name: str) -> None:
    """With owner, group and mode; what is there stays as it is, and no link leads root elsewhere."""
    tmp_path = open_path
    table = tmp_path / "table"
    kept = tmp_path / "log" / "connmon.log"
    kept.parent.mkdir()
    kept.write_text("a line\n")
    (kept.parent / "connmon_events.jsonl").symlink_to(tmp_path / "not the owner's")
    shutil.chown(kept.parent, "nobody")
    text = installed(checkout, TMPFILES, "www-data").replace("/var/log/ideolab", str(tmp_path / "log"))
    table.write_text(text.replace("/var/lib/ideolab", str(tmp_path / "lib")).replace(" ideolab ", " nobody "))
    table.write_text(table.read_text().replace(" nobody ideolab -", " nobody www-data -"))
    script = checkout.read(f"deploy/init.d/{name}").decode()
    function = script[script.index("places() {") : script.index("}\n", script.index("places() {")) + 2]

    run = ["/bin/sh", "-uc", f'TABLE="{table}" RUN="{tmp_path}"\n{function}places\nplaces']
    subprocess.run(run, check=False)
    assert not (tmp_path / "not the owner's").exists()
    (kept.parent / "connmon_events.jsonl").unlink()
    subprocess.run(run, check=True)

    assert kept.read_text() == "a line\n"
    assert sorted(path.name for path in kept.parent.iterdir()) == sorted(NAMES)
    for log in LOGS:
        path = kept.parent / log.path(USUAL).name
        if path != kept:
            assert path.stat().st_mode & 0o777 == log.mode("www-data")
            assert path.group() == log.group("www-data")
            assert path.owner() == "nobody"
    assert (tmp_path / "lib" / "textfile").is_dir()


@pytest.mark.root
@pytest.mark.needs("logrotate")
def test_logrotate_reads_it(checkout: Source, tmp_path: Path) -> None:
    """No log stands in two parts of the file, which logrotate calls an error."""
    here = [log.path(Paths(log_dir=tmp_path)) for log in LOGS]
    for log in here:
        log.touch()
    path = tmp_path / "rotation"
    text = installed(checkout, ROTATION, "www-data").replace("/var/log/ideolab", str(tmp_path))
    path.write_text(text.replace(" ideolab ", " root "))
    path.chmod(0o644)
    done = subprocess.run(
        ["/usr/sbin/logrotate", "--debug", str(path)], capture_output=True, text=True, timeout=120
    )

    assert "duplicate" not in done.stderr and "error:" not in done.stderr
    for log in here:
        assert done.stderr.count(f"considering log {log}\n") == 1
    assert done.stderr.count("considering log ") == len(here)
