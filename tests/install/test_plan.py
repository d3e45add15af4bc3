"""The plan: what goes where, on which host."""

from __future__ import annotations

from pathlib import Path

import pytest

from ideolab_accesslog.conf import DEFAULTS
from ideolab_f2b import config
from ideolab_f2b.config import Connmon, Intake, Paths, Settings
from ideolab_f2b.install.host import Host
from ideolab_f2b.install.plan import plan, relocate, setting
from ideolab_f2b.install.source import Source
from ideolab_f2b.install.steps.file import File
from ideolab_f2b.install.steps.link import Link
from ideolab_f2b.install.steps.tree import Tree

HERE = Settings(Connmon(), Paths(textfile_dir=Path("/var/lib/ideolab/textfile")))
#: a saved firewall may name the list; the bans are in force before the network
AT_BOOT = [
    Link(f"/etc/systemd/system/multi-user.target.wants/{name}.service", f"/etc/systemd/system/{name}.service")
    for name in ("ideolab-ban-list", "ideolab-ban-restore")
]


def paths(checkout: Source, host: Host, settings: Settings = HERE) -> list[str]:
    return [step.path for step in plan(checkout, host, settings, "")]


def test_a_host_with_systemd(checkout: Source) -> None:
    """User first, then what nobody reads yet; what fail2ban reads comes last."""
    assert paths(checkout, Host()) == [
        "ideolab",
        "/usr/local/lib/ideolab-f2b",
        "/usr/local/bin/ideolab-f2b",
        "/usr/local/sbin/ideolab-fw-ip",
        "/etc/ideolab/f2b.conf",
        "/etc/ideolab/never-ban",
        "/var/log/ideolab",
        "/var/log/ideolab/connmon.log",
        "/var/log/ideolab/connmon-observed.log",
        "/var/log/ideolab/connmon_events.jsonl",
        "/var/log/ideolab/nginx-error.log",
        "/var/log/ideolab/nginx-access.log",
        "/var/log/ideolab/manual.log",
        "/var/lib/ideolab",
        "/var/lib/ideolab-f2b",
        "/var/lib/ideolab/textfile",
        "/var/lib/node_exporter/textfile_collector/ideolab_connmon.prom",
        "/var/lib/node_exporter/textfile_collector/ideolab_f2b.prom",
        "/etc/logrotate.d/ideolab-f2b",
        "/etc/tmpfiles.d/ideolab-f2b.conf",
        *(f"/etc/systemd/system/{name}" for name in checkout.names("deploy/systemd")),
        "/etc/systemd/system/fail2ban.service.d/ideolab-f2b.conf",
        "/etc/systemd/system/multi-user.target.wants",
        "/etc/systemd/system/multi-user.target.wants/ideolab-ban-list.service",
        "/etc/systemd/system/multi-user.target.wants/ideolab-ban-restore.service",
        *(f"/etc/fail2ban/filter.d/{name}" for name in checkout.names("filter.d")),
        *(f"/etc/fail2ban/action.d/{name}" for name in checkout.names("action.d")),
        "/etc/fail2ban/jail.d/ideolab.conf",
        "/etc/fail2ban/jail.local",
    ]


def test_a_host_without_systemd_gets_the_init_script(checkout: Source) -> None:
    """And nothing of systemd's."""
    with_systemd = set(paths(checkout, Host()))
    without = set(paths(checkout, Host(runs_systemd=False, has_systemd=False)))

    assert without - with_systemd == {f"/etc/init.d/{name}" for name in checkout.names("deploy/init.d")}
    assert {path.split("/")[2] for path in with_systemd - without} == {"systemd"}


def test_the_gauges_of_the_intake_are_linked_where_it_runs(checkout: Source) -> None:
    """A link to a file that nobody writes would be an error of every scrape."""
    link = "/var/lib/node_exporter/textfile_collector/ideolab_intake.prom"

    assert link not in paths(checkout, Host())
    assert link in [step.path for step in plan(checkout, Host(), HERE, "", has_intake=True)]


def test_every_collector_directory_gets_a_link(checkout: Source) -> None:
    """connmon may not write there, and need not; a container with this root elsewhere follows it."""
    collectors = ("/var/lib/prometheus/node-exporter", "/var/lib/node_exporter/textfile_collector")
    steps = plan(checkout, Host(collectors=collectors), HERE, "")

    assert [step for step in steps if isinstance(step, Link)] == [
        Link(f"{collector}/{name}", f"../../ideolab/textfile/{name}")
        for collector in collectors
        for name in ("ideolab_connmon.prom", "ideolab_f2b.prom")
    ] + AT_BOOT


def test_a_collector_directory_that_is_reached_by_a_link(checkout: Source) -> None:
    """What is relative to its name would be wrong where it really is."""
    collector = "/var/lib/prometheus/node-exporter"
    steps = plan(checkout, Host(collectors=(collector,), linked=(collector,)), HERE, "")

    assert Link(f"{collector}/ideolab_f2b.prom", "/var/lib/ideolab/textfile/ideolab_f2b.prom") in steps


def test_a_textfile_directory_of_the_admins_is_left_to_them(checkout: Source) -> None:
    """It may not even exist yet; the sandbox lets connmon write there."""
    settings = Settings(Connmon(), Paths(textfile_dir=Path("/srv/gauges")))
    steps = plan(checkout, Host(), settings, "")
    (unit,) = [step for step in steps if step.path.endswith("ideolab-connmon.service")]

    assert [step for step in steps if isinstance(step, Link) or "textfile" in step.path] == AT_BOOT
    assert isinstance(unit, File)
    assert b"\nReadWritePaths=-/var/log/ideolab -/var/lib/ideolab -/srv/gauges\n" in unit.content


def test_other_directories_reach_every_daemon() -> None:
    """And only where they stand as a whole path."""
    text = (
        "d /var/log/ideolab 0755\n/usr/local/lib/ideolab-f2b /var/lib/ideolab-f2b.x\n/var/log/ideolab/*.log\n"
    )
    moved = Paths(log_dir=Path("/srv/log"), state_dir=Path("/srv/state"), textfile_dir=Path("/srv/state/t"))

    assert relocate(text, moved) == (
        "d /srv/log 0755\n/usr/local/lib/ideolab-f2b /var/lib/ideolab-f2b.x\n/srv/log/*.log\n"
    )


def test_the_installed_settings_differ_in_one_line(checkout: Source) -> None:
    """The directory that connmon can write."""
    assert config.parse(setting(checkout).decode()) == HERE
    # node_exporter's directory has links, which the dashboard does not read
    assert DEFAULTS["ACCESSLOG_METRICS_DIR"] == str(HERE.paths.textfile_dir)


@pytest.mark.parametrize(
    ("user", "senders"),
    [("http", ("root", "http")), ("www-data", Intake().senders), ("", Intake().senders)],
)
def test_the_intake_hears_the_user_of_this_nginx(
    checkout: Source, user: str, senders: tuple[str, ...]
) -> None:
    """The directive `user http;` of Arch would otherwise keep it deaf."""
    text = setting(checkout, user).decode()

    assert config.parse(text).intake.senders == senders
    assert ("# This host: nginx's workers run as http." in text) is (user == "http")


def test_the_shipped_settings_are_the_defaults(checkout: Source) -> None:
    """Also with every # before a key taken away."""
    text = checkout.read("deploy/f2b.conf").decode()
    lines = [
        line[1:] if line[:1] == "#" and line[1:2] not in (" ", "") else line for line in text.splitlines()
    ]
    keys = {line.split("=")[0].strip() for line in lines if "=" in line and not line.startswith("#")}

    assert config.parse(text) == Settings()
    assert config.parse("\n".join(lines)) == Settings()
    assert {*config.keys(Connmon), *config.keys(Paths)} <= keys


def test_the_installed_copy_can_install_again(checkout: Source) -> None:
    """It holds what the plan reads, and nothing of the tests."""
    (tree,) = [step for step in plan(checkout, Host(), HERE, "") if isinstance(step, Tree)]

    assert {"action.d", "deploy", "filter.d", "ideolab_f2b", "jail.d"} <= {
        n.split("/")[0] for n in tree.files
    }
    assert {"jail.d/ideolab.conf", "deploy/f2b.conf", "ideolab_f2b/cli.py"} <= tree.files.keys()
    assert [name for name in tree.files if "tests" in name or "__pycache__" in name] == []
